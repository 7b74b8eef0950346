// npm run bench [-- --quick] [--only ENGINE] [--rounds N] [PART …]: measures the built takt (CONTRIBUTING.md).
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Part, Scale } from './figure.ts';
import { ENGINES } from './kafka/engines.ts';
import { kafkaCatchUpPart } from './kafka/part-catch-up.ts';
import { kafkaKillPart } from './kafka/part-kill.ts';
import { kafkaLivePart } from './kafka/part-live.ts';
import { describeMachine } from './machine.ts';
import { alertPart } from './part-alert.ts';
import { firstMinutePart } from './part-first-minute.ts';
import { catchUpPart } from './part-catch-up.ts';
import { idlePart } from './part-idle.ts';
import { importPart } from './part-import.ts';
import { ingestPart } from './part-ingest.ts';
import { kpisPart } from './part-kpis.ts';
import { latencyPart } from './part-latency.ts';
import { memoryPart } from './part-memory.ts';
import { seriesPart } from './part-series.ts';
import { startUpPart } from './part-start-up.ts';
import { keepResult, tableOf } from './results.ts';

const PARTS: readonly Part[] = [
  latencyPart,
  alertPart,
  ingestPart,
  catchUpPart,
  kpisPart,
  seriesPart,
  importPart,
  memoryPart,
  startUpPart,
  firstMinutePart,
  idlePart,
  kafkaCatchUpPart,
  kafkaLivePart,
  kafkaKillPart,
];
const FULL: Scale = { events: 1_000_000, openCases: 1_000_000, warmUpS: 20, measureS: 60, starts: 5, rounds: 3 };
/** A trial: whether everything works, not how fast it is. */
const QUICK: Scale = { events: 50_000, openCases: 50_000, warmUpS: 3, measureS: 5, starts: 1, rounds: 1 };

/** The parts that words name: by their own names, or several by what their names begin with (`kafka`). */
function chosen(words: readonly string[]): readonly Part[] {
  if (words.length === 0) return PARTS.filter((part) => part.onDemand !== true);
  const named = (word: string): Part[] =>
    PARTS.filter(({ name }) => name === word || (name.startsWith(`${word}-`) && !PARTS.some((p) => p.name === word)));
  for (const word of words) {
    if (named(word).length > 0) continue;
    throw new Error(`there is no part ${word}; there are ${PARTS.map((part) => part.name).join(', ')}, and --quick`);
  }
  return PARTS.filter((part) => words.some((word) => named(word).includes(part)));
}

async function run(part: Part, scale: Scale, only: readonly string[], isKept: boolean): Promise<void> {
  console.log(`\n${part.name}`);
  const folder = await mkdtemp(join(tmpdir(), 'takt-bench-'));
  const startMs = Date.now();
  const say = (text: string): void => {
    const seconds = Math.round((Date.now() - startMs) / 1_000);
    console.log(`  … ${text} (${seconds} s)`);
  };
  try {
    const figures = await part.run({ scale, folder, only, say });
    console.log(tableOf(figures));
    if (isKept)
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

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string' },
  },
  allowPositionals: true,
});
for (const name of values.only)
  if (!ENGINES.includes(name)) throw new Error(`--only ${name}: there are ${ENGINES.join(', ')}`);
const usual = values.quick ? QUICK : FULL;
const scale = values.rounds === undefined ? usual : { ...usual, rounds: Number(values.rounds) };
if (!(scale.rounds >= 1)) throw new Error(`--rounds ${values.rounds}: it must be 1 or more`);
// A trial's figures mean nothing, and those of fewer engines or rounds are others: they are shown, not kept.
const isKept = scale === FULL && values.only.length === 0;
for (const part of chosen(positionals)) await run(part, scale, values.only, isKept);
