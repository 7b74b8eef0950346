import type { Catalogue, Kpi } from './catalogue.ts';

/** Advice on a KPI that is legal, but lacks something. */
export interface LintWarning {
  readonly kpi: string;
  readonly message: string;
}

/** What makes a KPI SMART beside its definition, with what to write there. */
const FIELDS = [
  { field: 'owner', ask: 'who answers for it' },
  { field: 'target', ask: 'the value to reach' },
  { field: 'source', ask: 'the system its data comes from' },
  { field: 'review', ask: 'how often it is looked at again' },
] as const satisfies readonly { readonly field: keyof Kpi; readonly ask: string }[];

/** One warning per KPI that lacks SMART fields, in the order of the catalogue. */
export function lintCatalogue(catalogue: Catalogue): LintWarning[] {
  const warnings: LintWarning[] = [];
  for (const [key, kpi] of catalogue.kpis) {
    const missing = FIELDS.filter(({ field }) => kpi[field] === null);
    if (missing.length === 0) continue;
    const asks = missing.map(({ field, ask }) => `${field} (${ask})`);
    warnings.push({ kpi: key, message: `lacks ${asks.join(', ')}` });
  }
  return warnings;
}
