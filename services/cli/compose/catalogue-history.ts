import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { withEarlier } from '../../shared/core/catalogue/catalogue-versions.ts';
import type { Definition } from '../../shared/core/definition.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';

/** Gives a catalogue the versions before those of its KPIs that are effective from a time on, as the store has them. */
export async function withHistory(
  catalogue: Catalogue,
  store: Pick<KpiStore, 'definitions'>,
  calendarVersion: string,
): Promise<Catalogue> {
  const active = (await store.definitions()).filter((row) => row.active);
  const known = active.map(({ content, version }) => ({ definition: JSON.parse(content) as Definition, version }));
  return withEarlier(catalogue, known, calendarVersion);
}
