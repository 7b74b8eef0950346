import type { VerifySource } from '../../shared/runtime/verify/verify-source.ts';
import { call, type Session } from '../commands/session.ts';
import { settled } from '../commands/settled.ts';
import type { StatusReport } from '../wiring.ts';
import { verifySource } from './source.ts';

/** How a check asks the takt of a session, whether it runs elsewhere or was opened here. */
export function verifySourceOf(session: Session): VerifySource {
  const settledNow = (): Promise<void> => settled(session);
  if (session.url === null) {
    const { takt } = session;
    return verifySource({
      query: (sql, format) => takt.query(sql, format),
      status: () => takt.status(),
      settled: settledNow,
    });
  }
  const { url } = session;
  return verifySource({
    async query(sql, format) {
      const answer = await call(url, '/v1/query', { sql, format });
      return answer instanceof Uint8Array ? answer : Buffer.from(`${JSON.stringify(answer)}\n`);
    },
    status: async () => (await call(url, '/v1/status')) as StatusReport,
    settled: settledNow,
  });
}
