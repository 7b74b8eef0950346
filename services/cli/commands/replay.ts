import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { Encoding } from '../../shared/core/ingest/mapping.ts';
import { checkBind, readKeyHash } from '../../shared/runtime/api-key.ts';
import { prepareDirectory, removeRunFile, writeRunFile } from '../data-directory.ts';
import type { MappingFlags } from '../import/mapping-flags.ts';
import { mappingForFile } from '../import/mapping-for-file.ts';
import { Player } from '../replay/player.ts';
import { readJsonLines, readMappedEvents, type ReplayEvents } from '../replay/read-events.ts';
import { because, progressLines, replayGreeting } from '../replay/texts.ts';
import type { Wiring } from '../wiring.ts';
import { type CommonOptions, logLimitBytes } from './options.ts';
import { catalogueOf } from './session.ts';
import { settled } from './settled.ts';

export interface ReplayOptions extends Omit<CommonOptions, 'data'>, MappingFlags {
  readonly speed: number;
  readonly mapping?: string;
  readonly data?: string;
  readonly host: string;
  readonly port: number;
  readonly exit?: boolean;
}

const JSON_LINES = /\.(jsonl|ndjson)(\.gz)?$/i;

/**
 * `takt replay`: plays an event file on a clock of its own, in a data directory of its own, with its screens; live data
 * and its channels are not touched: alerts are only logged. Runs until Ctrl-C, or with --exit until all is stored.
 */
export async function replay(wiring: Wiring, file: string, options: ReplayOptions): Promise<void> {
  const keyHash = readKeyHash(process.env['TAKT_API_KEY_HASH']);
  checkBind(options.host, keyHash !== null);
  const paths = await catalogueOf(wiring, { ...options, data: process.env['TAKT_DATA'] ?? 'data' });
  const catalogue = await wiring.loadCatalogue(paths);
  const screens = await wiring.loadScreens(paths, catalogue);
  const read = await readEvents(file, options, catalogue);
  const { events } = read;
  const [first] = events;
  if (first === undefined) throw new TaktError('FILE_UNREADABLE', `${file} has no event${because(read)}.`);
  const kept = options.data;
  if (kept !== undefined) await checkUnused(kept);
  const data = kept ?? (await mkdtemp(join(tmpdir(), 'takt-replay-')));
  try {
    const directory = await prepareDirectory(data, wiring.starterCatalogue);
    const clock = wiring.manualClock(first.timeMs);
    const takt = await wiring.open(directory, quietened(catalogue), {
      logLimitBytes: logLimitBytes({ ...options, data }),
      keyHash,
      logLevel: options.logLevel,
      mappings: new Map(),
      mqtt: null,
      screens,
      files: null,
      heartbeat: null,
      clock,
    });
    const player = new Player({ events, clock, takt, speed: options.speed, onProgress: progressLines() });
    const idle = new AbortController();
    let going: Promise<void> | null = null;
    try {
      const url = await takt.listen(options.host, options.port);
      await writeRunFile(directory, { pid: process.pid, url });
      process.stderr.write(replayGreeting(url, file, read, options.speed, [...screens.keys()]));
      const stopping = stopSignal();
      await Promise.race([player.run(stopping), takt.ended]);
      going = player.goOn(idle.signal);
      if (stopping.aborted) return;
      process.stderr.write(`replay: all ${events.length} events are played.${options.exit === true ? '' : END}\n`);
      if (options.exit === true) await settled({ url: null, directory, takt });
      else await Promise.race([aborted(stopping), takt.ended]);
    } finally {
      await removeRunFile(directory);
      // The clock goes on: whoever waits for it must get on to end.
      going ??= player.goOn(idle.signal);
      await takt.stop();
      idle.abort();
      await going;
    }
  } finally {
    if (kept === undefined) await rm(data, { recursive: true, force: true });
  }
}

const END = ' The clock goes on at its usual speed; Ctrl-C ends and removes what was played.';

async function readEvents(file: string, options: ReplayOptions, { workflows }: Catalogue): Promise<ReplayEvents> {
  if (JSON_LINES.test(file)) return readJsonLines(file, workflows, options.workflow ?? onlyOf(workflows.keys()));
  const source = await mappingForFile(file, options);
  const { workflow } = source.mapping;
  if (!workflows.has(workflow)) {
    const known = [...workflows.keys()].join(', ');
    throw new TaktError('WORKFLOW_UNKNOWN', `the catalogue has no workflow '${workflow}'; it has ${known}.`);
  }
  const encoding = options.encoding === undefined ? {} : { encoding: options.encoding as Encoding };
  return readMappedEvents({ path: file, source, ...encoding });
}

function onlyOf(names: Iterable<string>): string | null {
  const [only, second] = names;
  return second === undefined ? (only ?? null) : null;
}

/** A replay wakes nobody: every channel only writes to takt's own log. */
function quietened(catalogue: Catalogue): Catalogue {
  const channels = new Map([...catalogue.channels.keys()].map((name) => [name, { kind: 'log', name } as const]));
  return { ...catalogue, channels };
}

async function checkUnused(path: string): Promise<void> {
  if (!existsSync(path) || (await readdir(path)).length === 0) return;
  const message = `${path} is not empty: a replay never plays into live data.\nGive a new directory with --data, or none: it is then a temporary one.`;
  throw new TaktError('USAGE', message);
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
