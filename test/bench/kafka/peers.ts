import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { packageRoot } from '../package-root.ts';

/** Where copies are built: npm ci throws it away with the rest, git leaves it out. */
const COPY = join(packageRoot, 'node_modules', '.cache', 'takt-bench-peers');
const STAMP = join(COPY, 'built-from');
const GOLDEN = 'golden.csv';
/** Of what a program said last, where it failed. */
const SAID_CHARS = 2_000;

/** What makes them ready. ClickHouse is the chdb of takt's own node_modules, which its program finds from the copy. */
const BUILDS: readonly (readonly string[])[] = [
  ['sh', 'java/build.sh'],
  ['sh', 'flink/build.sh'],
  ['python3', '-m', 'venv', 'venv'],
  ['venv/bin/pip', 'install', '--quiet', 'confluent-kafka'],
];

/** The rivals' programs, in a copy that is built: they are not takt's, and nothing of them is in its repository. */
export class Peers {
  /** The answer of the last `generate`, which their runners compare with. */
  readonly goldenPath = join(COPY, GOLDEN);
  private readonly source: string;

  private constructor(source: string) {
    this.source = source;
  }

  /** Finds them in the folder that TAKT_PEERS names and builds them, unless that is done. Throws where there are none. */
  static async prepare(say: (text: string) => void): Promise<Peers> {
    const source = resolve(packageRoot, process.env['TAKT_PEERS'] ?? '../shared/peers');
    if (!existsSync(join(source, 'lab.py')))
      throw new Error(`the rivals' programs are not in ${source}: set TAKT_PEERS to the folder that holds them`);
    const files = await sourcesOf(source);
    const hash = createHash('sha256');
    for (const [path, content] of files) hash.update(`${path}\n${content.length}\n`).update(content);
    const stamp = hash.digest('hex');
    const peers = new Peers(source);
    if ((await readFile(STAMP, 'utf8').catch(() => '')) !== stamp) {
      await rm(COPY, { recursive: true, force: true });
      for (const [path, content] of files) {
        await mkdir(dirname(join(COPY, path)), { recursive: true });
        await writeFile(join(COPY, path), content);
      }
      for (const [command, ...args] of BUILDS) {
        say(`building the rivals: ${command} ${args.join(' ')}`);
        await peers.run(command!, args);
      }
      await writeFile(STAMP, stamp);
    }
    // What earlier runs left.
    for (const name of ['run', 'results.jsonl']) await rm(join(COPY, name), { recursive: true, force: true });
    return peers;
  }

  /** Fills a topic with the events of so many cases. At the size of the rivals' golden answer, gives whether it came out again. */
  async generate(broker: string, topic: string, cases: number): Promise<boolean | null> {
    const args = ['-Xmx4g', '-cp', 'java/classes:java/libs/*', 'bench.Gen', topic, String(cases), GOLDEN];
    await this.run('java', args, broker);
    if (cases !== GOLDEN_CASES) return null;
    const [made, theirs] = await Promise.all([readFile(this.goldenPath), readFile(join(this.source, GOLDEN))]);
    return made.equals(theirs);
  }

  /** Runs one of their Python programs to its end; gives the last line that it printed, which is JSON. */
  async measure(broker: string, program: string, args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const said = await this.run('venv/bin/python', [program, ...args], broker);
    const last = said.trimEnd().split('\n').at(-1) ?? '';
    try {
      return JSON.parse(last) as Readonly<Record<string, unknown>>;
    } catch (error) {
      throw new Error(`${program} ${args.join(' ')} gave no result: ${said.slice(-SAID_CHARS)}`, { cause: error });
    }
  }

  /** Runs a command in the copy; gives what it printed. Throws that when it fails. */
  private run(command: string, args: readonly string[], broker = ''): Promise<string> {
    const child = spawn(command, args, {
      cwd: COPY,
      env: { ...process.env, BROKER: broker },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    return new Promise((done, failed) => {
      child.once('error', failed);
      child.once('close', (code) => {
        if (code === 0) done(said);
        else failed(new Error(`${command} ${args.join(' ')} ended with ${code}: ${said.slice(-SAID_CHARS)}`));
      });
    });
  }
}

/** Of how many cases the rivals' golden answer is. */
const GOLDEN_CASES = 1_000_000;

/** The files of a folder by their paths in it, sorted; what their builds leave there is left out. */
async function sourcesOf(folder: string): Promise<Map<string, Buffer>> {
  const built = /(^|\/)(classes|libs|node_modules|venv|run)\/|results\.jsonl$/;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !built.test(path))
    .sort();
  const files = new Map<string, Buffer>();
  for (const path of paths) files.set(path, await readFile(join(folder, path)));
  return files;
}
