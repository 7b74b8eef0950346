import { type ErrorCode, ERRORS, TaktError } from '../../shared/core/errors.ts';
import type { StatusReport } from '../wiring.ts';
import { call, type Session } from './session.ts';

/** How often a waiting import looks how far the folds are. */
const POLL_MS = 100;
/** How long a step of the folds may fail before a waiting import gives up. */
const FAILING_MS_MAX = 10_000;
/** How often a long wait says what it waits for. */
const SAY_EVERY_MS = 5_000;

/**
 * Waits until all that the log holds now is stored: first the slices, then values, then what rules make of them. Where
 * nothing but time passed, the stored positions may follow a minute later: there is nothing to wait for. Throws what makes the folds fail or halt: the events are then in the log, and their values follow once that is mended.
 */
export async function settled(session: Session): Promise<void> {
  let halted: unknown = null;
  if (session.url === null) session.takt.ended.catch((error: unknown) => (halted = error));
  const status = async (): Promise<StatusReport> => {
    if (halted !== null) throw halted;
    return session.url === null ? session.takt.status() : ((await call(session.url, '/v1/status')) as StatusReport);
  };
  await settledBy(status, (records) => {
    process.stderr.write(`computing and storing: ${records} records left\n`);
  });
}

/** The same, by what `status` gives. `say`: told now and then how many records are left. */
export async function settledBy(status: () => Promise<StatusReport>, say: (records: number) => void): Promise<void> {
  const wait = waiter(status, say);
  const endsOf = async (wanted: string): Promise<Map<string, number>> => {
    const tasks = (await status()).tasks.filter(({ stage }) => stage === wanted);
    return new Map(tasks.map((task) => [`${task.topic}/${task.partition}`, task.endOffset]));
  };
  const ends = await endsOf('aggregate');
  await wait(({ tasks: now }) => left(now, ends));
  const rolled = await endsOf('roll');
  await wait(({ tasks: now }) => left(now, rolled));
  const alerted = await endsOf('alert');
  await wait(({ tasks: now }) => left(now, alerted));
}

type Task = StatusReport['tasks'][number];

/** How many records before the ends are not stored. */
function left(tasks: readonly Task[], ends: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const task of tasks) sum += Math.max(0, (ends.get(`${task.topic}/${task.partition}`) ?? 0) - written(task));
  return sum;
}

/** Up to where what came of a task's records is stored: all of them, or, under load, a position behind them. */
function written({ unstored, nextOffset, storedOffset }: Task): number {
  return unstored === 0 ? nextOffset : Math.min(nextOffset, storedOffset + 1);
}

function waiter(
  status: () => Promise<StatusReport>,
  say: (records: number) => void,
): (left: (report: StatusReport) => number) => Promise<void> {
  let saidMs = Date.now();
  return async (recordsLeft) => {
    for (;;) {
      const report = await status();
      const records = recordsLeft(report);
      if (records === 0) return;
      const nowMs = Date.now();
      const failing = report.failing.find(({ sinceMs }) => nowMs - sinceMs > FAILING_MS_MAX);
      if (failing !== undefined) {
        const code = (Object.hasOwn(ERRORS, failing.code) ? failing.code : 'INTERNAL') as ErrorCode;
        throw new TaktError(code, `the events are in the log, but not yet in the values: ${failing.reason}`);
      }
      if (nowMs - saidMs >= SAY_EVERY_MS) {
        saidMs = nowMs;
        say(records);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
}
