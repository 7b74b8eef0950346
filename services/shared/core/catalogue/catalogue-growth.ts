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
import type { Path } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import type { GrowthMeasure } from '../definition.ts';
import { hasEarlier } from '../window/window-earlier.ts';

/** What growth is shown in when the catalogue does not say: a share of one, in percent. */
const UNIT_DEFAULT = '%';

/** A KPI that says how far another one, `of`, has grown; null when there is a problem, here or in that one. */
export function readGrowth(
  key: string,
  map: Readonly<Record<string, unknown>>,
  of: string,
  path: Path,
  scope: DerivedScope,
): Kpi | null {
  const { problems } = scope;
  const here = [...path, 'measure', 'growth'];
  refuseTaken(map, path, 'growth', problems);
  const { over } = mapOf(mapOf(map['measure'])?.['growth']) ?? {};
  const input = findInput(of, [...here, 'of'], scope);
  if (input === null || (over !== 'previous' && over !== 'year')) return null;
  if (input.window.kind === 'instant' || input.window.kind === 'total') {
    const windows = input.window.kind === 'total' ? 'is over everything' : 'is a level, taken at instants';
    const message = `${of} ${windows}: no window of it comes after another`;
    return problems.add([...here, 'of'], message, 'a KPI with a rolling, tumbling or to_date window');
  }
  if (!hasEarlier(input.window, over)) {
    const kinds = 'previous, or a KPI with a tumbling or to_date window of an ordinary year';
    return problems.add([...here, 'over'], `the windows of ${of} have none to be held against`, kinds);
  }
  const by = readDerivedBy(map['by'], [...path, 'by'], [input], problems);
  const unit = map['unit'] === undefined ? UNIT_DEFAULT : textOf(map['unit']);
  const name = readName(map['name'], key);
  if (by === null || unit === null || name === null) return null;
  const measure: GrowthMeasure = { kind: 'growth', inputs: [input], over };
  const fields = derivedFields(key, { measure, by, unit, window: input.window });
  return derivedKpi(fields, map, name, path, scope);
}
