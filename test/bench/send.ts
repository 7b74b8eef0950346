import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface SendBasics {
  readonly url: string;
  /** Names the stream: its ids begin with it. */
  readonly name: string;
  readonly batchEvents: number;
  readonly connections: number;
}

/** What the sending process has to do. Times are in milliseconds since 1970. */
export type SendOrder = SendBasics &
  (
    | { readonly kind: 'flood'; readonly events: number; readonly fromMs: number; readonly toMs: number }
    | {
        readonly kind: 'pace';
        readonly startMs: number;
        readonly batches: number;
        readonly everyMs: number;
        /** Every so many batches one more event goes with a batch: a probe; null: none. */
        readonly probeEvery: number | null;
      }
  );

/** What became of it. */
export interface SendReport {
  /** Events answered 202. */
  readonly accepted: number;
  /** Events of batches that got another answer or none. */
  readonly failed: number;
  /** From the first batch, with `pace` from when it was due, to the last answer. */
  readonly durationMs: number;
  /** Bytes of request bodies. */
  readonly bytes: number;
}

/** With `pace`: from the moment a batch was due until its answer, and until it was handed to the socket. */
export interface PacedReport extends SendReport {
  readonly ackMs: readonly number[];
  readonly lateMs: readonly number[];
}

/** Sends events from another process. Throws when that fails, or when events were not accepted. */
export async function send(order: SendOrder): Promise<PacedReport> {
  const program = fileURLToPath(new URL('sender.js', import.meta.url));
  const child = spawn(process.execPath, [program, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the sending process ended with ${String(code)}`);
  const report = JSON.parse(Buffer.concat(chunks).toString()) as PacedReport;
  if (report.failed > 0) throw new Error(`${report.failed} events were not accepted: the figures would mislead`);
  return report;
}
