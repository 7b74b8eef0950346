import { CsvError, parse } from 'csv-parse/sync';
import { dayStartMs } from '../calendar/date-start.ts';
import { encodeLabels } from '../measure/labels.ts';
import type { PlannedSpan } from './plan.ts';

/** Most rows of a plan. */
export const PLAN_ROWS_MAX = 20_000;
/** Problems of a file that are told; who mends these sees the next ones. */
const PROBLEMS_MAX = 5;

/** What is wrong with a plan, and where: line and column from 1, the column as the character where the cell begins. */
export interface PlanProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly allowed: string | null;
}

type Series = Map<string, PlannedSpan[]>;

/** How a plan is read: labels that it must have as columns, and the zone of its dates. */
export interface PlanForm {
  readonly labels: readonly string[];
  readonly zone: string;
}

/**
 * Reads the CSV of a plan: `value`, `date` or `from` and `to` (the last date, included), and one column for each label.
 * Gives its spans by canonical labels, or at most five problems.
 */
export function readPlanFile(
  text: string,
  form: PlanForm,
): { readonly series: Series } | { readonly problems: readonly PlanProblem[] } {
  const rows = rowsOf(text);
  if ('problems' in rows) return rows;
  const [header, ...others] = rows;
  if (header === undefined) return { problems: [problem(1, 1, 'the file is empty', columnsOf(form))] };
  const wrong = headerProblem(header.cells, form);
  if (wrong !== null) return { problems: [{ ...wrong, line: header.line }] };
  if (others.length > PLAN_ROWS_MAX)
    return { problems: [problem(1, 1, `the plan has ${others.length} rows`, `at most ${PLAN_ROWS_MAX}`)] };
  const series: Series = new Map();
  const problems: PlanProblem[] = [];
  const lines = new Map<PlannedSpan, number>();
  for (const row of others) {
    const read = readRow(row, header.cells, form);
    if ('message' in read) problems.push(read);
    else {
      lines.set(read.span, row.line);
      series.set(read.labels, [...(series.get(read.labels) ?? []), read.span]);
    }
    if (problems.length >= PROBLEMS_MAX) break;
  }
  for (const spans of series.values()) {
    spans.sort((a, b) => a.fromMs - b.fromMs);
    problems.push(...overlaps(spans, lines));
  }
  return problems.length > 0 ? { problems: problems.slice(0, PROBLEMS_MAX) } : { series };
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

function rowsOf(text: string): Row[] | { readonly problems: readonly PlanProblem[] } {
  try {
    const records = parse(text, { bom: true, info: true, skip_empty_lines: true, trim: true }) as unknown as {
      readonly record: string[];
      readonly info: { readonly lines: number };
    }[];
    return records.map(({ record: cells, info }) => ({ line: info.lines, cells }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as unknown as { readonly lines?: number };
    return { problems: [problem(lines ?? 1, 1, `the file is no CSV: ${error.message}`, null)] };
  }
}

/** The columns that a plan has, for messages. */
function columnsOf({ labels }: PlanForm): string {
  return [...labels, 'date (or from and to)', 'value'].join(', ');
}

function headerProblem(names: readonly string[], form: PlanForm): PlanProblem | null {
  const dated = names.includes('date') ? ['date'] : ['from', 'to'];
  const wanted = [...form.labels, ...dated, 'value'];
  const unknown = names.findIndex((name, at) => !wanted.includes(name) || names.indexOf(name) !== at);
  if (unknown >= 0)
    return problem(
      1,
      columnAt(names, unknown),
      `there is no place for the column '${names[unknown]!}'`,
      columnsOf(form),
    );
  const missing = wanted.find((name) => !names.includes(name));
  return missing === undefined ? null : problem(1, 1, `the column ${missing} is missing`, columnsOf(form));
}

function readRow(
  { line, cells }: Row,
  names: readonly string[],
  { labels, zone }: PlanForm,
): { readonly labels: string; readonly span: PlannedSpan } | PlanProblem {
  const cell = (name: string): string => cells[names.indexOf(name)]!;
  const wrong = (name: string, message: string, allowed: string): PlanProblem =>
    problem(line, columnAt(cells, names.indexOf(name)), message, allowed);
  const empty = labels.find((name) => cell(name) === '');
  if (empty !== undefined) return wrong(empty, `${empty} is empty`, 'the value of the label');
  const value = cell('value') === '' ? Number.NaN : Number(cell('value'));
  if (!Number.isFinite(value)) return wrong('value', `'${cell('value')}' is no number`, 'such as 120 or 99.5');
  const [first, last] = names.includes('date') ? (['date', 'date'] as const) : (['from', 'to'] as const);
  const fromMs = dayStartMs(cell(first), 0, zone);
  if (fromMs === null) return wrong(first, `'${cell(first)}' is no date`, 'such as 2026-07-01');
  const untilMs = dayStartMs(cell(last), 1, zone);
  if (untilMs === null) return wrong(last, `'${cell(last)}' is no date`, 'such as 2026-07-31');
  if (untilMs <= fromMs) return wrong(last, 'to is before from', 'a date that is not earlier');
  const key = encodeLabels(Object.fromEntries(labels.map((name) => [name, cell(name)])));
  return { labels: key, span: { fromMs, untilMs, value } };
}

function overlaps(spans: readonly PlannedSpan[], lines: ReadonlyMap<PlannedSpan, number>): PlanProblem[] {
  return spans.flatMap((span, i) => {
    const next = spans[i + 1];
    if (next === undefined || next.fromMs >= span.untilMs) return [];
    const [a, b] = [lines.get(span)!, lines.get(next)!].sort((x, y) => x - y);
    return [problem(b!, 1, `it is for dates that line ${a!} is for too, with the same labels`, 'each date once')];
  });
}

/** Where a cell begins in its line, if none is quoted. */
function columnAt(cells: readonly string[], at: number): number {
  return cells.slice(0, at).reduce((sum, each) => sum + each.length + 1, 1);
}

function problem(line: number, column: number, message: string, allowed: string | null): PlanProblem {
  return { line, column, message, allowed };
}
