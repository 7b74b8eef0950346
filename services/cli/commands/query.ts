import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { call, closeSession, openToRead } from './session.ts';

/** `takt query`: one read-only statement; the result goes to stdout as it comes. */
export async function query(
  wiring: Wiring,
  sql: string,
  options: CommonOptions & { readonly format: string },
): Promise<void> {
  process.stdout.write(await runQuery(wiring, sql, options, options.format));
}

/** The result of one read-only statement, from the process that serves the data directory or straight from it. */
export async function runQuery(
  wiring: Wiring,
  sql: string,
  options: CommonOptions,
  format: string,
): Promise<Uint8Array> {
  const session = await openToRead(wiring, options);
  try {
    if (session.url === null) return await session.takt.query(sql, format);
    const answer = await call(session.url, '/v1/query', { sql, format });
    return answer instanceof Uint8Array ? answer : Buffer.from(`${JSON.stringify(answer)}\n`);
  } finally {
    await closeSession(session);
  }
}
