import type { JobOutcome } from '../shared/core/job/job-plan.ts';
import type { Clock } from '../shared/ports/clock.ts';
import type { Job } from './job.ts';

/** How long a job may take to end after it was told to. */
const ABORT_MS = 1_000;
/** Longest reason that is kept. */
const WORDS_CHARS_MAX = 500;

/** How a try ended, with the job's words or what it failed at. */
export interface Attempt {
  readonly outcome: Exclude<JobOutcome, 'running'>;
  readonly words: string;
}

/** Lets a job work until it is done, fails, runs out of time or `stopped` is aborted. Never rejects. */
export async function attemptJob(
  job: Job,
  context: { readonly scheduledMs: number; readonly attempt: number; readonly stopped: AbortSignal },
  clock: Clock,
): Promise<Attempt> {
  const { scheduledMs, attempt, stopped } = context;
  const abort = new AbortController();
  const waking = new AbortController();
  const wake = (): void => waking.abort();
  const ended: { attempt: Attempt | null } = { attempt: null };
  const work = settled(() => job.run({ scheduledMs, attempt, signal: abort.signal })).then((how) => {
    ended.attempt = how;
    wake();
  });
  stopped.addEventListener('abort', wake);
  if (stopped.aborted) wake();
  await clock.sleep(job.timeoutMs, waking.signal);
  stopped.removeEventListener('abort', wake);
  if (ended.attempt !== null) return ended.attempt;
  abort.abort();
  const patience = new AbortController();
  void work.then(() => patience.abort());
  await clock.sleep(ABORT_MS, patience.signal);
  const how = ended.attempt as Attempt | null;
  if (how?.outcome === 'done') return how;
  const ignored = how === null ? ', and did not end when told to' : '';
  if (stopped.aborted) return { outcome: 'interrupted', words: `takt stopped${ignored}` };
  // What it says when it is told to end is where it was.
  const where = how === null || how.words === '' ? ignored : `: ${how.words}`;
  return { outcome: 'timed_out', words: `not done within ${job.timeoutMs / 1_000} s${where}` };
}

/** The outcome of work that ends by itself. */
async function settled(work: () => Promise<string>): Promise<Attempt> {
  try {
    return { outcome: 'done', words: (await work()).slice(0, WORDS_CHARS_MAX) };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    return { outcome: 'failed', words: words.slice(0, WORDS_CHARS_MAX) };
  }
}
