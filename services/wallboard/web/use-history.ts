import { useEffect, useState } from 'preact/hooks';
import type { KpiFace } from '../../shared/core/screen/wall-message.ts';
import type { NamedShift } from '../../shared/core/calendar/calendar.ts';
import { getJson } from './api.ts';

/** A row of GET /v1/values. */
export interface HistoryRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly windowEnd: string;
  readonly shift?: NamedShift;
  readonly value: number | null;
  readonly samples: number;
  readonly state: 'provisional' | 'final' | 'backfilling';
  readonly revision: number;
}

/** What the page of a KPI shows beside what is live. */
export interface KpiHistory {
  readonly face: KpiFace;
  readonly sentence: Readonly<Record<string, string>>;
  readonly objective: string | null;
  readonly owner: string | null;
  readonly source: string | null;
  readonly rows: readonly HistoryRow[];
  readonly series: number;
}

/** Series that a chart can tell apart. */
const SERIES_MAX = 6;
/** Windows of each. */
const ROWS_MAX = 1_000;
/** History is read again this often; what is live comes over the stream. */
const AGAIN_MS = 60_000;

/** Reads a KPI and its history, again every minute. `failure` says why there is none. */
export function useHistory(name: string): { readonly history: KpiHistory | null; readonly failure: string } {
  const [history, setHistory] = useState<KpiHistory | null>(null);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    const read = (): void => {
      readHistory(name).then(
        (read) => {
          setHistory(read);
          setFailure('');
        },
        (error: Error) => setFailure(error.message),
      );
    };
    read();
    const timer = setInterval(read, AGAIN_MS);
    return () => clearInterval(timer);
  }, [name]);
  return { history, failure };
}

async function readHistory(name: string): Promise<KpiHistory> {
  const kpi = encodeURIComponent(name);
  const last = await getJson<{ rows: HistoryRow[] }>(`/v1/values?kpi=${kpi}`);
  const { kpis } = await getJson<{ kpis: (Omit<KpiHistory, 'rows' | 'series'> & { kpi: string })[] }>('/v1/kpis');
  const found = kpis.find((each) => each.kpi === name)!;
  const shown = worstFirst(last.rows, found.face).slice(0, SERIES_MAX);
  const rows: HistoryRow[] = [];
  for (const { labels } of shown) {
    const query = Object.entries(labels).map(([label, value]) => `&label.${label}=${encodeURIComponent(value)}`);
    const answer = await getJson<{ rows: HistoryRow[] }>(`/v1/values?kpi=${kpi}&last=${ROWS_MAX}${query.join('')}`);
    rows.push(...answer.rows);
  }
  return { ...found, rows, series: last.rows.length };
}

function worstFirst(rows: readonly HistoryRow[], { better }: KpiFace): HistoryRow[] {
  const known = rows.filter(({ value }) => value !== null);
  return known.sort((a, b) => (better === 'higher' ? a.value! - b.value! : b.value! - a.value!));
}
