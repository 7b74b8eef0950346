import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure, Part } from './figure.ts';
import type { Machine } from './machine.ts';
import { packageRoot } from './package-root.ts';

/** What a part gave when it was last run. */
export interface PartResult {
  readonly about: string;
  readonly machine: Machine;
  readonly figures: readonly Figure[];
}

const FOLDER = join(packageRoot, 'docs', 'bench');
const INTRODUCTION = `# Measured figures

\`npm run bench\` measures the built takt as a child process, on the embedded log and store (kafka-…: on a broker and a
store of their own), and writes this page and results.json. Everything, senders and watchers included, shares the
machine's cores.
`;

/** Three digits that count; whole numbers from 100 on. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return 'not measured';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** The figures as lines of a table for the terminal. */
export function tableOf(figures: readonly Figure[]): string {
  const width = Math.max(...figures.map(({ name }) => name.length));
  return figures
    .map(({ name, value, unit }) => `  ${name.padEnd(width)}  ${formatValue(value).padStart(12)} ${unit}`)
    .join('\n');
}

/** Puts the result of a part into docs/bench/results.json and results.md; those of other parts stay. */
export async function keepResult(
  part: Part,
  machine: Machine,
  figures: readonly Figure[],
  order: readonly string[],
): Promise<void> {
  const jsonPath = join(FOLDER, 'results.json');
  const text = await readFile(jsonPath, 'utf8').catch(() => '{}');
  const known = new Map(Object.entries(JSON.parse(text) as Record<string, PartResult>));
  known.set(part.name, { about: part.about, machine, figures });
  const results = order.flatMap((name) => (known.has(name) ? [[name, known.get(name)!] as const] : []));
  await mkdir(FOLDER, { recursive: true });
  await writeFile(jsonPath, `${JSON.stringify(Object.fromEntries(results), null, 2)}\n`);
  const sections = results.map(([name, result]) => section(name, result));
  await writeFile(join(FOLDER, 'results.md'), [INTRODUCTION, ...sections].join('\n'));
}

function section(name: string, { about, machine, figures }: PartResult): string {
  const { cpu, cores, memoryGiB, kernel, node, date } = machine;
  const rows = figures.map((figure) => `| ${figure.name} | ${formatValue(figure.value)} | ${figure.unit} |`);
  return [
    `## ${name}`,
    '',
    about,
    '',
    `${date}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}, Node ${node}.`,
    '',
    '| figure | value | unit |',
    '|---|---:|---|',
    ...rows,
    '',
  ].join('\n');
}
