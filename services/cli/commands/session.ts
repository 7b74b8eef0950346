import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { TaktError } from '../../shared/core/errors.ts';
import { readKeyHash } from '../../shared/runtime/api-key.ts';
import { catalogueSignature } from '../../shared/runtime/file-signature.ts';
import {
  assertHoldsData,
  cataloguesOf,
  type DataDirectory,
  describeDirectory,
  findRunning,
  lastCatalogue,
  prepareDirectory,
  rememberCatalogue,
} from '../data-directory.ts';
import type { CatalogueFiles, HeartbeatPlan, Standalone, Wiring } from '../wiring.ts';
import { type CommonOptions, logLimitBytes } from './options.ts';

/** A data directory reached through the process that serves it, or opened here because none does. */
export type Session =
  | { readonly url: string; readonly directory: DataDirectory }
  | { readonly url: null; readonly directory: DataDirectory; readonly takt: Standalone };

/** Opens the data directory in this process; with a heartbeat also the scheduler, and where the catalogue is `watched` it is read again when its files change. What the user may have got wrong is read before anything is written. */
export async function openHere(
  wiring: Wiring,
  options: CommonOptions,
  heartbeat: HeartbeatPlan | null = null,
  { watched = false } = {},
): Promise<{ directory: DataDirectory; catalogue: Catalogue; cataloguePaths: readonly string[]; takt: Standalone }> {
  const keyHash = readKeyHash(process.env['TAKT_API_KEY_HASH']);
  const cataloguePaths = await catalogueOf(wiring, options);
  const signature = await catalogueSignature(cataloguePaths);
  const catalogue = await wiring.loadCatalogue(cataloguePaths);
  const screens = await wiring.loadScreens(cataloguePaths, catalogue);
  const mappings = options.mappings === undefined ? new Map() : await wiring.loadMappings(options.mappings);
  const mqtt = options.mqtt === undefined ? null : await wiring.loadMqtt(options.mqtt, catalogue);
  const directory = await prepareDirectory(options.data, wiring.starterCatalogue);
  const paths = await catalogueOf(wiring, options);
  const isCopied = paths.join() !== cataloguePaths.join();
  const takt = await wiring.open(directory, catalogue, {
    files: watched ? filesOf(wiring, paths, isCopied ? await catalogueSignature(paths) : signature) : null,
    logLimitBytes: logLimitBytes(options),
    keyHash,
    logLevel: options.logLevel,
    mappings,
    mqtt,
    screens,
    heartbeat,
  });
  if (options.catalogue !== undefined) await rememberCatalogue(directory, options.catalogue);
  // Asked again: a new directory has a copy of its own by now, which is the one to edit.
  return { directory, catalogue, cataloguePaths: await catalogueOf(wiring, options), takt };
}

/** A catalogue and its screens as they can be read again; `signature`: from just before they were read. */
export function filesOf(wiring: Wiring, paths: readonly string[], signature: string): CatalogueFiles {
  return {
    paths,
    signature,
    async load() {
      const catalogue = await wiring.loadCatalogue(paths);
      return { catalogue, screens: await wiring.loadScreens(paths, catalogue) };
    },
  };
}

/** Where the catalogue is: as it was said now or last, else in the data directory, else what a new one starts with. */
export async function catalogueOf(
  wiring: Wiring,
  options: Pick<CommonOptions, 'data' | 'catalogue'>,
): Promise<readonly string[]> {
  const named = options.catalogue ?? (await lastCatalogue(options.data));
  if (named !== null) return named;
  const found = cataloguesOf(describeDirectory(options.data));
  return found.length > 0 ? found : [wiring.starterCatalogue];
}

/** The takt at the address that was given, else the process that serves the directory; else the directory is opened. */
export async function openSession(wiring: Wiring, options: CommonOptions): Promise<Session> {
  const directory = describeDirectory(options.data);
  const url = options.url ?? (await findRunning(directory));
  if (url !== null) return { url, directory };
  return { url: null, ...(await openHere(wiring, options)) };
}

/** The same for a command that only reads. Throws DATA_MISSING where there is nothing to read. */
export async function openToRead(wiring: Wiring, options: CommonOptions): Promise<Session> {
  if (options.url === undefined) assertHoldsData(describeDirectory(options.data));
  return openSession(wiring, options);
}

/** Stops what was opened here; nothing for a process reached by its address, or where nothing was opened. */
export async function closeSession(session: Session | null): Promise<void> {
  if (session?.url === null) await session.takt.stop();
}

/** Calls the running process; TAKT_API_KEY is its key. Throws NOT_RUNNING, or what the process answered. */
export async function call(url: string, path: string, body?: unknown): Promise<unknown> {
  const key = process.env['TAKT_API_KEY'];
  const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const init: RequestInit =
    body === undefined
      ? { headers }
      : { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
  for (let attempt = 0; ; attempt++) {
    let response: Response;
    try {
      response = await fetch(`${url}${path}`, init);
    } catch (error) {
      throw new TaktError(
        'NOT_RUNNING',
        `takt at ${url} does not answer any more: it stopped while this ran.\nStart it again, then run this command again; nothing is counted twice.`,
        { cause: error },
      );
    }
    if (response.status === 503 && attempt < RETRIES_MAX) {
      await new Promise((resolve) => setTimeout(resolve, Number(response.headers.get('retry-after') ?? 1) * 1_000));
      continue;
    }
    if (response.headers.get('content-type')?.startsWith('application/json') !== true)
      return new Uint8Array(await response.arrayBuffer());
    const answer = (await response.json()) as { code?: string; message?: string };
    if (!response.ok)
      throw new TaktError(
        (answer.code ?? 'INTERNAL') as 'INTERNAL',
        answer.message ?? `takt answered ${response.status}`,
      );
    return answer;
  }
}

/** How often a call waits for a process that cannot keep up. */
const RETRIES_MAX = 60;
