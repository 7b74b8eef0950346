import type { Catalogue, Kpi } from '../shared/core/catalogue/catalogue.ts';
import { didYouMean, listed } from '../shared/core/catalogue/catalogue-problem.ts';
import { TaktError } from '../shared/core/errors.ts';
import { readRfc3339 } from '../shared/core/ingest/json-mapping-field.ts';
import { isMultiple, nearestBounds } from '../shared/core/window/window.ts';

/** What a client asked of `GET /v1/values`, checked. */
export interface ValuesQuery {
  readonly kpi: Kpi;
  /** Values of labels that must be equal. */
  readonly labels: ReadonlyMap<string, string>;
  /** Last: of each series its last rows. At: the row that holds at an instant. Range: window ends in [fromMs, toMs]. */
  readonly read:
    | { readonly kind: 'last'; readonly count: number }
    | { readonly kind: 'at'; readonly atMs: number }
    | { readonly kind: 'range'; readonly fromMs: number | undefined; readonly toMs: number | undefined };
}

const LABEL = 'label.';
const NAMES: readonly string[] = ['kpi', 'from', 'to', 'at', 'last'];
/** Most rows of a series that `last` may ask for. */
const LAST_MAX = 2_000;

/** Reads a query string as parsed. Throws KPI_UNKNOWN, PARAMETER_INVALID, WINDOW_BOUNDS. */
export function readValuesQuery(query: Readonly<Record<string, unknown>>, catalogue: Catalogue): ValuesQuery {
  const texts = new Map<string, string>();
  for (const [name, value] of Object.entries(query)) {
    if (typeof value !== 'string') throw parameter(`${name} is given more than once.`);
    if (!NAMES.includes(name) && !name.startsWith(LABEL))
      throw parameter(`there is no parameter ${JSON.stringify(name)}; known: ${NAMES.join(', ')}, ${LABEL}NAME.`);
    texts.set(name, value);
  }
  const kpi = kpiOf(catalogue, texts.get('kpi'));
  const fromMs = instantOf('from', texts.get('from'));
  const toMs = instantOf('to', texts.get('to'));
  const atMs = instantOf('at', texts.get('at'));
  const labels = labelsOf(kpi, texts);
  const count = countOf(texts.get('last'));
  const kinds = [fromMs ?? toMs, atMs, count].filter((each) => each !== undefined);
  if (kinds.length > 1) throw parameter('at and last stand alone; take one of them, or from and to.');
  if (atMs !== undefined) return { kpi, labels, read: { kind: 'at', atMs } };
  if (fromMs === undefined && toMs === undefined) return { kpi, labels, read: { kind: 'last', count: count ?? 1 } };
  if (fromMs !== undefined && toMs !== undefined && fromMs > toMs) throw parameter('from is later than to.');
  checkBound(kpi, 'from', fromMs);
  checkBound(kpi, 'to', toMs);
  return { kpi, labels, read: { kind: 'range', fromMs, toMs } };
}

function kpiOf({ kpis }: Catalogue, name: string | undefined): Kpi {
  const names = [...kpis.keys()];
  if (name === undefined) throw parameter(`kpi is missing; known: ${listed(names)}.`);
  const kpi = kpis.get(name);
  if (kpi !== undefined) return kpi;
  const shown = name.slice(0, NAME_SHOWN_CHARS_MAX);
  throw new TaktError(
    'KPI_UNKNOWN',
    `there is no KPI ${JSON.stringify(shown)}${didYouMean(shown, names)}; known: ${listed(names)}.`,
  );
}

const NAME_SHOWN_CHARS_MAX = 100;

function labelsOf({ definition }: Kpi, texts: ReadonlyMap<string, string>): Map<string, string> {
  const names = definition.by.map(({ dimension }) => dimension);
  const labels = new Map<string, string>();
  for (const [parameterName, value] of texts) {
    if (!parameterName.startsWith(LABEL)) continue;
    const name = parameterName.slice(LABEL.length);
    if (!names.includes(name))
      throw parameter(`${definition.kpi} has no label ${JSON.stringify(name)}; it has ${listed(names)}.`);
    labels.set(name, value);
  }
  return labels;
}

/** Milliseconds UTC; a date alone is its midnight UTC. The + of an offset often arrives as a space. */
function instantOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const iso = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text.replace(/ (\d\d:\d\d)$/, '+$1');
  const ms = /^-?\d{1,15}$/.test(text) ? Number(text) : readRfc3339(iso);
  if (ms !== null && Math.abs(ms) <= INSTANT_MS_MAX) return ms;
  throw parameter(
    `${name} is ${JSON.stringify(text.slice(0, NAME_SHOWN_CHARS_MAX))}; it must be a time such as 2026-03-01T00:00:00Z, a date, or milliseconds since 1970.`,
  );
}

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= LAST_MAX) return count;
  throw parameter(`last is ${JSON.stringify(text.slice(0, NAME_SHOWN_CHARS_MAX))}; allowed: 1 to ${LAST_MAX}.`);
}

/** Times beyond have no ISO form. */
const INSTANT_MS_MAX = 8_640_000_000_000_000;

function checkBound({ definition }: Kpi, name: string, ms: number | undefined): void {
  if (ms === undefined || isMultiple(definition.window, ms)) return;
  const nearest = nearestBounds(definition.window, ms).map((bound) => new Date(bound).toISOString());
  throw new TaktError(
    'WINDOW_BOUNDS',
    `${name} is ${new Date(ms).toISOString()}, where no window of ${definition.kpi} ends; the nearest are ${nearest.join(' and ')}.`,
  );
}

function parameter(message: string): TaktError {
  return new TaktError('PARAMETER_INVALID', message);
}
