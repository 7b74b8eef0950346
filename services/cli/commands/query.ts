import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { call, openSession } from './session.ts';

/** `takt query`: one read-only statement; the result goes to stdout as it comes. */
export async function query(
  wiring: Wiring,
  sql: string,
  options: CommonOptions & { readonly format: string },
): Promise<void> {
  const session = await openSession(wiring, options);
  if (session.url !== null) {
    const answer = await call(session.url, '/v1/query', { sql, format: options.format });
    process.stdout.write(answer instanceof Uint8Array ? answer : `${JSON.stringify(answer)}\n`);
    return;
  }
  try {
    process.stdout.write(await session.takt.query(sql, options.format));
  } finally {
    await session.takt.stop();
  }
}
