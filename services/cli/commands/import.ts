import { formatDecimal } from '../../shared/core/decimal.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { Encoding } from '../../shared/core/ingest/mapping.ts';
import { importFile, type ImportSink } from '../import/import-file.ts';
import type { ImportProgress, ImportSummary } from '../import/import-options.ts';
import type { MappingFlags } from '../import/mapping-flags.ts';
import { mappingForFile } from '../import/mapping-for-file.ts';
import type { MappingSource } from '../import/mapping-source.ts';
import { createProgress } from '../import/progress.ts';
import { summaryText } from '../import/summary.ts';
import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { call, closeSession, openSession, type Session } from './session.ts';
import { settled } from './settled.ts';

export interface ImportOptions extends CommonOptions, MappingFlags {
  readonly mapping?: string;
  readonly asOf?: string;
  readonly wait: boolean;
}

/** `takt import`: a CSV or XES file through a mapping, into the running process or straight into the data directory. */
export async function importCommand(wiring: Wiring, file: string, options: ImportOptions): Promise<void> {
  const source = await mappingForFile(file, options);
  const asOfMs = options.asOf === undefined ? undefined : asOf(options.asOf);
  // Nothing is opened, or written, before the file and its mapping are known to be right.
  let session: Session | null = null;
  const open = async (): Promise<Session> => {
    session ??= await openSession(wiring, options);
    return session;
  };
  try {
    const summary = await read(file, source, options, asOfMs, open);
    if (options.wait) await settled(await open());
    process.stdout.write(`${summaryText(summary, options.data)}\n`);
  } finally {
    await closeSession(session);
  }
}

async function read(
  file: string,
  source: MappingSource,
  options: ImportOptions,
  asOfMs: number | undefined,
  open: () => Promise<Session>,
): Promise<ImportSummary> {
  const progress = createProgress(process.stderr, Date.now);
  const input = {
    path: file,
    source,
    ...(options.encoding === undefined ? {} : { encoding: options.encoding as Encoding }),
    ...(asOfMs === undefined ? {} : { asOfMs }),
    onProgress: (now: ImportProgress) => progress.update(now),
  };
  const sink: { current: ImportSink | null } = { current: null };
  const opened = (): ImportSink => sink.current!;
  try {
    return await importFile(input, {
      async begin(importId) {
        // What was looked through is done: the bar of what is imported is another one.
        progress.stop();
        const session = await open();
        const into = session.url === null ? session.directory.path : `takt at ${session.url}`;
        process.stderr.write(`importing ${file} into ${into}\n`);
        sink.current = sinkOf(session, source.mapping.workflow);
        await opened().begin(importId);
      },
      events: (events) => opened().events(events),
      deadLetters: (letters) => opened().deadLetters(letters),
      end: (importId, maxEventMs) => opened().end(importId, maxEventMs),
    });
  } finally {
    progress.stop();
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
