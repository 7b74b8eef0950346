import { checkBind, readKeyHash } from '../../shared/runtime/api-key.ts';
import { removeRunFile, writeRunFile } from '../data-directory.ts';
import { prepareDemo } from '../demo/demo-directory.ts';
import type { DemoState } from '../demo/demo-state.ts';
import { type RunningFeeder, startFeeder } from '../demo/start-feeder.ts';
import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { openHere } from './session.ts';

export interface StartOptions extends CommonOptions {
  readonly host: string;
  readonly port: number;
  readonly demo?: boolean;
  readonly empty?: boolean;
  readonly heartbeatUrl?: string;
  readonly heartbeatSchedule: string;
}

/** `takt start`: runs until SIGTERM or SIGINT, then stops cleanly: everything accepted is stored. */
export async function start(wiring: Wiring, options: StartOptions): Promise<void> {
  const stopping = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  const keyHash = readKeyHash(process.env['TAKT_API_KEY_HASH']);
  checkBind(options.host, keyHash !== null);
  const heartbeat = wiring.readHeartbeat(options.heartbeatSchedule, options.heartbeatUrl ?? null);
  const demo = await demoOf(wiring, options, keyHash !== null);
  const { directory, catalogue, cataloguePaths, takt } = await openHere(wiring, options, heartbeat, { watched: true });
  // What is wrong with the files is in the log, in health and in the status.
  process.on('SIGHUP', () => void takt.reload().catch(() => {}));
  let feeder: RunningFeeder | null = null;
  try {
    const url = await takt.listen(options.host, options.port);
    await writeRunFile(directory, { pid: process.pid, url });
    process.stderr.write(greeting(url, directory.path, cataloguePaths));
    const workflows = [...catalogue.workflows.keys()];
    if (demo.state !== null) {
      process.stderr.write(demoGreeting(url, workflows));
      const { examples } = wiring;
      feeder = startFeeder({ url, dataPath: directory.path, state: demo.state, examples, workflows });
    } else if (demo.why !== null) process.stderr.write(`  demo       ${demo.why}\n`);
    await Promise.race([stopping, takt.ended]);
    process.stderr.write('takt: stopping, storing what is left …\n');
  } finally {
    await feeder?.stop();
    await removeRunFile(directory);
    await takt.stop();
  }
  process.stderr.write('takt: stopped; everything that was accepted is stored.\n');
}

/** The demonstration to play, or why there is none although it was asked for. */
async function demoOf(
  wiring: Wiring,
  options: StartOptions,
  hasKey: boolean,
): Promise<{ readonly state: DemoState | null; readonly why: string | null }> {
  if (options.demo !== true || options.empty === true || options.catalogue !== undefined)
    return { state: null, why: null };
  if (hasKey && process.env['TAKT_API_KEY'] === undefined)
    return { state: null, why: 'none: it sends over HTTP and needs the key in TAKT_API_KEY' };
  const state = await prepareDemo(options.data, wiring.examples, Date.now());
  const why = `none: ${options.data} holds your own catalogue and events; see it with --data demo-data`;
  return { state, why: state === null ? why : null };
}

function greeting(url: string, data: string, catalogue: readonly string[]): string {
  return [
    `takt runs at ${url}`,
    `  data       ${data} (embedded log and store)`,
    `  catalogue  ${catalogue.join(', ')}`,
    `  send       curl -X POST ${url}/v1/events -H 'content-type: application/json' -d '{"case":"1","activity":"opened","time":"…","id":"e1"}'`,
    '  import     npx takt import FILE.csv --help',
    `  read       npx takt query "SELECT * FROM kpi_current"`,
    '  stop       Ctrl-C',
    '',
  ].join('\n');
}

function demoGreeting(url: string, workflows: readonly string[]): string {
  return [
    ...workflows.map((workflow) => `  screen     ${url}/screens/${workflow}`),
    '  demo       simulated companies: two weeks up to now, then in real time; npm start -- --empty --data DIR starts without',
    '',
  ].join('\n');
}
