import type { Catalogue, Kpi } from './catalogue.ts';
import type { LintWarning } from './catalogue-lint.ts';
import { isDerived } from '../formula/derived.ts';

/** Above so many slices a late event is worth a thought: it revises as many values. */
const SLICES_MANY = 500;

/** What a KPI has to say to be SMART, letter by letter, beside its definition. */
const FIELDS = [
  { letter: 'Specific', field: 'owner', ask: 'who answers for it' },
  { letter: 'Measurable', field: 'source', ask: 'the system its data comes from' },
  { letter: 'Achievable', field: 'target', ask: 'the value to reach' },
  { letter: 'Relevant', field: 'objective', ask: 'what it is good for' },
  { letter: 'Time-bound', field: 'review', ask: 'how often it is looked at again' },
] as const satisfies readonly { readonly letter: string; readonly field: keyof Kpi; readonly ask: string }[];

/** What a careful colleague would say of the KPIs themselves, in the order of the catalogue. */
export function lintSmart({ kpis }: Catalogue): LintWarning[] {
  return [...kpis].flatMap(([place, kpi]) => {
    const messages = [...missing(kpi), ...targets(kpi), ...slices(kpi)];
    return messages.map((message) => ({ place, message }));
  });
}

/** One message for all that is missing. */
function missing(kpi: Kpi): string[] {
  // The sources of a KPI that is computed from others are theirs.
  const asked = FIELDS.filter(({ field }) => field !== 'source' || !isDerived(kpi.definition));
  const asks = asked
    .filter(({ field }) => kpi[field] === null)
    .map(({ letter, field, ask }) => `${field} (${ask}: ${letter})`);
  return asks.length === 0 ? [] : [`lacks ${asks.join(', ')}`];
}

/** A target of which nobody knows which side is good. */
function targets({ target, better }: Kpi): string[] {
  if (target === null || better !== null) return [];
  return ['has a target, but not whether higher or lower is better: write better'];
}

function slices({ definition: { window } }: Kpi): string[] {
  if (window.kind !== 'rolling') return [];
  const count = window.sizeMs / window.everyMs;
  if (count <= SLICES_MANY) return [];
  return [`its window is made of ${count} slices: a late event revises as many values; a longer every costs less`];
}
