import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { CDPSession } from 'playwright-core';
import { launchBrowser } from '../support/browser.ts';
import { startServer, until } from '../support/takt-process.ts';

/*
 * npm run verify:screen-hour: opens a screen of the demonstration for an hour (or so many minutes as the argument says),
 * samples heap after garbage collection and DOM nodes each minute, writes docs/verify/screen-hour.md, fails on growth.
 */

const MINUTE_MS = 60_000;
const minutes = Number(process.argv[2] ?? 60);
if (!(minutes >= 2)) throw new Error(`minutes is ${process.argv[2]}; at least 2`);
/** Growth from the first half's highest to the last sample that is noise: a live screen holds a little more or less. */
const HEAP_GROWTH_MAX = 0.1;
const NODES_GROWTH_MAX = 0.02;

interface Sample {
  readonly minute: number;
  readonly heapBytes: number;
  readonly nodes: number;
  readonly listeners: number;
  /** Changes of numbers seen since the page was opened. */
  readonly changes: number;
}

async function sample(session: CDPSession, minute: number): Promise<Sample> {
  // Twice: what the first collection frees may free more.
  for (let i = 0; i < 2; i++) await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const { nodes, jsEventListeners } = await session.send('Memory.getDOMCounters');
  const { result } = await session.send('Runtime.evaluate', { expression: 'window.changes' });
  return { minute, heapBytes: usedSize, nodes, listeners: jsEventListeners, changes: Number(result.value) };
}

/** By how much the last sample is above the highest of the first half, as a share; below it: 0. */
function growth(samples: readonly Sample[], of: (each: Sample) => number): number {
  const half = samples.slice(0, Math.max(1, Math.floor(samples.length / 2)));
  const before = Math.max(...half.map(of));
  return Math.max(0, of(samples.at(-1)!) / before - 1);
}

function report(samples: readonly Sample[], verdict: string): string {
  const rows = samples.map(
    ({ minute, heapBytes, nodes, listeners, changes }) =>
      `| ${minute} | ${(heapBytes / 1024).toFixed(0)} | ${nodes} | ${listeners} | ${changes} |`,
  );
  const [cpu] = cpus();
  return [
    '# A screen that stays open',
    '',
    `The production line of the demonstration, live, open for ${minutes} minutes in Chromium at 1920×1080. Heap after`,
    'garbage collection and DOM nodes, each minute. Made by `npm run verify:screen-hour`.',
    '',
    `- ${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpu?.model ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.versions.node}`,
    `- ${verdict}`,
    '',
    '| minute | heap, KiB | DOM nodes | listeners | changes of numbers |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const data = await mkdtemp(join(tmpdir(), 'takt-screen-hour-'));
const server = await startServer(join(data, 'data'), ['--demo']);
const browser = await launchBrowser();
try {
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  await page.goto(`${server.url}/screens/production-line`);
  await until(async () => (await page.locator('.number').count()) > 0);
  await page.evaluate(`window.changes = 0; document.addEventListener('animationstart', () => window.changes++);`);
  const session = await page.context().newCDPSession(page);
  const samples: Sample[] = [];
  const startMs = performance.now();
  for (let minute = 0; minute <= minutes; minute++) {
    await page.waitForTimeout(Math.max(0, startMs + minute * MINUTE_MS - performance.now()));
    const taken = await sample(session, minute);
    // The first minute warms up: code is compiled, history fills.
    if (minute > 0) samples.push(taken);
    console.log(JSON.stringify(taken));
  }
  const heap = growth(samples, ({ heapBytes }) => heapBytes);
  const nodes = growth(samples, ({ nodes }) => nodes);
  const constant = heap <= HEAP_GROWTH_MAX && nodes <= NODES_GROWTH_MAX;
  const moved = samples.at(-1)!.changes > 0;
  const verdict = `${constant && moved ? 'constant' : 'NOT constant'}: from the first half's highest to the end the heap grew by ${(heap * 100).toFixed(1)}% (allowed ${HEAP_GROWTH_MAX * 100}%), the nodes by ${(nodes * 100).toFixed(1)}% (allowed ${NODES_GROWTH_MAX * 100}%)`;
  await mkdir(join('docs', 'verify'), { recursive: true });
  await writeFile(join('docs', 'verify', 'screen-hour.md'), report(samples, verdict));
  console.log(verdict);
  if (!constant || !moved) process.exitCode = 1;
} finally {
  await browser.close();
  await server.kill();
  await rm(data, { recursive: true, force: true });
}
