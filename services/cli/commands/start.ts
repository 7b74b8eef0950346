import { checkBind, readKeyHash } from '../../shared/runtime/api-key.ts';
import { removeRunFile, writeRunFile } from '../data-directory.ts';
import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { openHere } from './session.ts';

export interface StartOptions extends CommonOptions {
  readonly host: string;
  readonly port: number;
}

/** `takt start`: runs until SIGTERM or SIGINT, then stops cleanly: everything accepted is stored. */
export async function start(wiring: Wiring, options: StartOptions): Promise<void> {
  checkBind(options.host, readKeyHash(process.env['TAKT_API_KEY_HASH']) !== null);
  const { directory, takt, cataloguePath } = await openHere(wiring, options);
  const stopping = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  try {
    const url = await takt.listen(options.host, options.port);
    await writeRunFile(directory, { pid: process.pid, url });
    process.stderr.write(greeting(url, directory.path, cataloguePath));
    await Promise.race([stopping, takt.ended]);
    process.stderr.write('takt: stopping, storing what is left …\n');
  } finally {
    await removeRunFile(directory);
    await takt.stop();
  }
  process.stderr.write('takt: stopped; everything that was accepted is stored.\n');
}

function greeting(url: string, data: string, catalogue: string): string {
  return [
    `takt runs at ${url}`,
    `  data       ${data} (embedded log and store)`,
    `  catalogue  ${catalogue}`,
    `  send       curl -X POST ${url}/v1/events -H 'content-type: application/json' -d '{"case":"1","activity":"opened","time":"…","id":"e1"}'`,
    '  import     npx takt import FILE.csv --help   (a new data directory starts empty)',
    `  read       npx takt query "SELECT * FROM kpi_current"`,
    '  stop       Ctrl-C',
    '',
  ].join('\n');
}
