import { formatDecimal } from '../../shared/core/decimal.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { Encoding } from '../../shared/core/mapping.ts';
import { importFile, type ImportSink } from '../import/import-file.ts';
import { loadMapping } from '../import/mapping-file.ts';
import { type MappingFlags, mappingFromFlags } from '../import/mapping-flags.ts';
import { createProgress } from '../import/progress.ts';
import { summaryText } from '../import/summary.ts';
import type { StatusReport, Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { call, openSession, type Session } from './session.ts';

export interface ImportOptions extends CommonOptions, MappingFlags {
  readonly mapping?: string;
  readonly asOf?: string;
  readonly wait: boolean;
}

/** How often a waiting import looks how far the folds are. */
const POLL_MS = 100;

/** `takt import`: a CSV file through a mapping, into the running process or straight into the data directory. */
export async function importCommand(wiring: Wiring, file: string, options: ImportOptions): Promise<void> {
  const source = options.mapping === undefined ? mappingFromFlags(options) : await loadMapping(options.mapping);
  const asOfMs = options.asOf === undefined ? undefined : asOf(options.asOf);
  const session = await openSession(wiring, options);
  try {
    const into = session.url === null ? session.directory.path : `takt at ${session.url}`;
    process.stderr.write(`importing ${file} into ${into}\n`);
    const progress = createProgress(process.stderr, Date.now);
    const summary = await importFile(
      {
        path: file,
        source,
        ...(options.encoding === undefined ? {} : { encoding: options.encoding as Encoding }),
        ...(asOfMs === undefined ? {} : { asOfMs }),
        onProgress: (now) => progress.update(now),
      },
      sinkOf(session, source.mapping.workflow),
    ).finally(() => progress.stop());
    if (options.wait) await settled(() => statusOf(session));
    process.stdout.write(`${summaryText(summary)}\n`);
  } finally {
    if (session.url === null) await session.takt.stop();
  }
}

function asOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new TaktError('USAGE', `--as-of ${JSON.stringify(text)} is no time; write it as 2026-03-01T00:00:00Z.`);
}

function sinkOf(session: Session, workflow: string): ImportSink {
  if (session.url === null) {
    const { takt } = session;
    return {
      begin: (importId) => takt.bracket(workflow, importId, 'begin', null),
      events: (events) => takt.events(events),
      deadLetters: (letters) => takt.deadLetters(letters),
      end: (importId, maxEventMs) => takt.bracket(workflow, importId, 'end', maxEventMs),
    };
  }
  const { url } = session;
  const place = (importId: string): string =>
    `/v1/imports/${encodeURIComponent(workflow)}/${encodeURIComponent(importId)}`;
  return {
    async begin(importId) {
      await call(url, `${place(importId)}/begin`, {});
    },
    async events(events) {
      const body = events.map((event) => ({
        ...event,
        value: event.value === null ? null : formatDecimal(event.value),
      }));
      await call(url, `${place(events[0]?.importId ?? '')}/events`, body);
    },
    async deadLetters(letters) {
      await call(url, '/v1/dead-letters', letters);
    },
    async end(importId, maxEventMs) {
      await call(url, `${place(importId)}/end`, { maxEventMs });
    },
  };
}

async function statusOf(session: Session): Promise<StatusReport> {
  return session.url === null ? session.takt.status() : ((await call(session.url, '/v1/status')) as StatusReport);
}

/** Waits until all that the log holds now is in stored values: first the slices, then what rolls make of them. */
async function settled(status: () => Promise<StatusReport>): Promise<void> {
  const places = (await status()).tasks
    .filter(({ stage }) => stage === 'aggregate')
    .map(({ topic, partition, endOffset }) => ({ topic, partition, endOffset }));
  await until(status, ({ tasks }) =>
    places.every(({ topic, partition, endOffset }) =>
      tasks.some((task) => task.topic === topic && task.partition === partition && task.storedOffset >= endOffset - 1),
    ),
  );
  const rolls = (await status()).tasks
    .filter(({ stage }) => stage === 'roll')
    .map(({ partition, endOffset }) => ({ partition, endOffset }));
  await until(status, ({ tasks }) =>
    rolls.every(({ partition, endOffset }) =>
      tasks.some(
        (task) =>
          task.stage === 'roll' && task.partition === partition && task.nextOffset >= endOffset && task.unstored === 0,
      ),
    ),
  );
}

async function until(status: () => Promise<StatusReport>, done: (report: StatusReport) => boolean): Promise<void> {
  while (!done(await status())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
