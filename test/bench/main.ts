// npm run bench [-- --quick] [PART …]: measures the built takt (CONTRIBUTING.md).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part, Scale } from './figure.ts';
import { describeMachine } from './machine.ts';
import { alertPart } from './part-alert.ts';
import { firstMinutePart } from './part-first-minute.ts';
import { catchUpPart } from './part-catch-up.ts';
import { idlePart } from './part-idle.ts';
import { importPart } from './part-import.ts';
import { ingestPart } from './part-ingest.ts';
import { latencyPart } from './part-latency.ts';
import { memoryPart } from './part-memory.ts';
import { startUpPart } from './part-start-up.ts';
import { keepResult, tableOf } from './results.ts';

const PARTS: readonly Part[] = [
  latencyPart,
  alertPart,
  ingestPart,
  catchUpPart,
  importPart,
  memoryPart,
  startUpPart,
  firstMinutePart,
  idlePart,
];
const FULL: Scale = { events: 1_000_000, openCases: 1_000_000, warmUpS: 20, measureS: 60, starts: 5 };
/** A trial: whether everything works, not how fast it is. */
const QUICK: Scale = { events: 50_000, openCases: 50_000, warmUpS: 3, measureS: 5, starts: 1 };

function chosen(names: readonly string[]): readonly Part[] {
  for (const name of names) {
    if (PARTS.some((part) => part.name === name)) continue;
    throw new Error(`there is no part ${name}; there are ${PARTS.map((part) => part.name).join(', ')}, and --quick`);
  }
  return names.length === 0 ? PARTS : PARTS.filter((part) => names.includes(part.name));
}

async function run(part: Part, scale: Scale): Promise<void> {
  console.log(`\n${part.name}`);
  const folder = await mkdtemp(join(tmpdir(), 'takt-bench-'));
  try {
    const figures = await part.run({ scale, folder, say: (text) => console.log(`  … ${text}`) });
    console.log(tableOf(figures));
    // A trial's figures mean nothing: they are shown, not kept.
    if (scale === FULL)
      await keepResult(
        part,
        describeMachine(),
        figures,
        PARTS.map(({ name }) => name),
      );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const words = process.argv.slice(2);
const scale = words.includes('--quick') ? QUICK : FULL;
for (const part of chosen(words.filter((word) => word !== '--quick'))) await run(part, scale);
