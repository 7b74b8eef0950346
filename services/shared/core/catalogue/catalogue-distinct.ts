import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import type { Workflow } from './catalogue.ts';
import type { Aggregate, Measure, Selector } from '../definition.ts';

/** In place of a dimension: the case itself. */
const CASE = 'case';

/** The measure `{ of: customer, event: … }` whose event was read already; `path` is its own. Null when there is a problem. */
export function readDistinct(
  value: Readonly<Record<string, unknown>>,
  event: Selector | null,
  path: Path,
  { name, dimensions }: Workflow,
  problems: Problems,
): Measure | null {
  const of = textOf(value['of']);
  if (of === null) return null;
  if (of === CASE) return event && { kind: 'distinct', event, dimension: null };
  if (dimensions.includes(of)) return event && { kind: 'distinct', event, dimension: of };
  const legal = [CASE, ...dimensions];
  const message = `workflow '${name}' has no dimension '${of}'${didYouMean(of, legal)}`;
  return problems.add([...path, 'of'], message, listed(legal));
}

/** The aggregate of a KPI whose measure is distinct, `kpi` as it stands at `path`; null when there is a problem. */
export function distinctAggregate(
  kpi: Readonly<Record<string, unknown>>,
  path: Path,
  problems: Problems,
): Aggregate | null {
  if (kpi['aggregate'] !== undefined) {
    const message = 'a distinct measure counts different values, so it has no aggregate';
    return problems.addAtKey([...path, 'aggregate'], message, 'leave the line out');
  }
  const approximate = mapOf(mapOf(kpi['measure'])?.['distinct'])?.['approximate'] ?? false;
  return typeof approximate === 'boolean' ? { kind: 'distinct', approximate } : null;
}
