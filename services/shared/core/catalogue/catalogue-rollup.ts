import type { Kpi } from './catalogue.ts';
import {
  type DerivedScope,
  derivedFields,
  derivedKpi,
  findInput,
  readDerivedBy,
  refuseTaken,
} from './catalogue-inputs.ts';
import { readName } from './catalogue-kpi.ts';
import { didYouMean, listed, type Path } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import { readWindow } from './catalogue-window.ts';
import type { RollupMeasure, WindowSpec } from '../definition.ts';
import { isWithin, unitsAround } from '../window/window-within.ts';

const AGGREGATES: readonly string[] = ['mean', 'min', 'max', 'sum', 'last'] satisfies RollupMeasure['aggregate'][];

/** A KPI of the windows of another one, `of`, within longer ones; null when there is a problem, here or in that one. */
export function readRollup(
  key: string,
  map: Readonly<Record<string, unknown>>,
  of: string,
  path: Path,
  scope: DerivedScope,
): Kpi | null {
  const { problems } = scope;
  const here = [...path, 'measure', 'rollup'];
  refuseTaken(map, path, 'a rollup', problems, ['aggregate', 'window']);
  const aggregate = readAggregate(map, path, scope);
  const empty = mapOf(mapOf(map['measure'])?.['rollup'])?.['empty'] ?? 'zero';
  const input = findInput(of, [...here, 'of'], scope);
  if (input === null || (empty !== 'zero' && empty !== 'skip')) return null;
  if (input.window.kind !== 'tumbling') {
    const message = `the windows of ${of} are not calendar units that follow one another`;
    return problems.add([...here, 'of'], message, 'a KPI with a tumbling window');
  }
  const window = readOuter(map['window'], [...path, 'window'], of, input.window, scope);
  const by = readDerivedBy(map['by'], [...path, 'by'], [input], problems);
  const unit = map['unit'] === undefined ? input.unit : textOf(map['unit']);
  const name = readName(map['name'], key);
  if (aggregate === null || window === null || by === null || unit === null || name === null) return null;
  const measure: RollupMeasure = { kind: 'rollup', inputs: [input], aggregate, empty };
  const fields = derivedFields(key, { measure, by, unit, window });
  return derivedKpi(fields, map, name, path, scope);
}

function readAggregate(
  map: Readonly<Record<string, unknown>>,
  path: Path,
  { problems }: DerivedScope,
): RollupMeasure['aggregate'] | null {
  if (map['aggregate'] === undefined) return problems.addAtKey(path, 'aggregate is missing', listed(AGGREGATES));
  const text = textOf(map['aggregate']);
  if (text === null || AGGREGATES.includes(text)) return text as RollupMeasure['aggregate'] | null;
  const message = `windows have no '${text}'${didYouMean(text, AGGREGATES)}`;
  return problems.add([...path, 'aggregate'], message, listed(AGGREGATES));
}

/** The longer window; its zone is that of the shorter ones unless it is written. */
function readOuter(
  value: unknown,
  path: Path,
  of: string,
  inner: Extract<WindowSpec, { readonly kind: 'tumbling' }>,
  scope: DerivedScope,
): WindowSpec | null {
  const { problems } = scope;
  const allowed = listed(unitsAround(inner).map((unit) => `{ tumbling: ${unit} }`));
  if (value === undefined) return problems.addAtKey(path.slice(0, -1), 'window is missing', allowed);
  const window = readWindow(value, path, 'event', { ...scope, zone: inner.zone });
  if (window === null) return null;
  if (window.kind === 'tumbling' && window.zone !== inner.zone) {
    const message = `the windows of ${of} are those of ${inner.zone}, and these of ${window.zone}`;
    return problems.add(path, message, 'the same zone, or none: it is then taken from the KPI');
  }
  if (window.kind === 'tumbling' && isWithin(inner, window)) return window;
  const message =
    window.kind === 'tumbling'
      ? `windows per ${window.unit} are not made up of whole ones per ${inner.unit}, which ${of} has`
      : 'a rollup has calendar units as windows';
  return problems.add(path, message, allowed);
}
