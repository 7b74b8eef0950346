import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseTransport } from './transport.ts';

/** Applies the numbered migrations that are missing, in order. Each statement can be repeated, so a crash is harmless. */
export async function migrate(transport: ClickHouseTransport, path: string): Promise<void> {
  await transport.command(
    'CREATE TABLE IF NOT EXISTS migrations (name String) ENGINE = ReplacingMergeTree ORDER BY name',
  );
  const done = new Set(
    (await transport.rows<{ name: string }>('SELECT name FROM migrations', {})).map(({ name }) => name),
  );
  const files = (await readdir(path)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
  for (const name of files) {
    if (done.has(name)) continue;
    const text = (await readFile(join(path, name), 'utf8')).replaceAll(/^--.*$/gm, '');
    for (const statement of text.split(/;\s*$/m)) if (statement.trim() !== '') await transport.command(statement);
    await transport.command(`INSERT INTO migrations SELECT '${name}'`);
  }
}
