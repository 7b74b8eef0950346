import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { leavesOf } from '../../shared/core/formula/derived-leaves.ts';
import { isDerived } from '../../shared/core/formula/derived.ts';
import type { Definition } from '../../shared/core/definition.ts';
import type { KpiProgress, StatusReport } from '../wiring.ts';

type Tasks = StatusReport['tasks'];

/** How far these KPIs of a catalogue are, over all partitions; one of several KPIs as far as the slowest of them. */
export function fillProgress({ kpis }: Catalogue, waiting: readonly string[], tasks: Tasks): KpiProgress[] {
  return waiting.flatMap((kpi) => {
    const definition = kpis.get(kpi)?.definition;
    if (definition === undefined) return [];
    const below = isDerived(definition) ? leavesOf(definition).map((leaf) => leaf.definition) : [definition];
    const shares = below.map((each) => shareOf(each, tasks)).filter((share) => share !== null);
    return shares.length === 0 ? [] : [{ kpi, share: Math.min(...shares) }];
  });
}

/** Null: no partition fills it now. */
function shareOf(definition: Definition, tasks: Tasks): number | null {
  let [events, eventsOfAll] = [0, 0];
  for (const { filling } of tasks) {
    if (filling?.definitions.includes(definition.hash) !== true) continue;
    events += filling.events;
    eventsOfAll += filling.eventsOfAll;
  }
  return eventsOfAll === 0 ? null : events / eventsOfAll;
}
