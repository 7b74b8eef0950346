import type { ActivityCount } from '../../shared/core/catalogue/catalogue-lint.ts';
import type { DistinctCount, LabelCount, SampleCount } from '../../shared/core/catalogue/lint-history.ts';
import { SERIES_LIMITS } from '../../shared/core/verify/sql-series.ts';
import type { SeriesLimit } from '../../shared/core/series/limit-series.ts';
import type { Wiring } from '../wiring.ts';
import { LOG_LIMIT_DEFAULT_GIB } from './options.ts';
import { runQuery } from './query.ts';

const ACTIVITIES =
  "SELECT workflow, activity, count() AS events FROM event_archive WHERE kind != 'void' GROUP BY workflow, activity ORDER BY events DESC, activity";
const SAMPLES =
  "SELECT kpi, definition, toUInt32(quantileExact(samples)) AS median FROM kpi_history WHERE state = 'final' AND samples > 0 GROUP BY kpi, definition ORDER BY kpi";
const LABELS =
  'SELECT workflow, name AS dimension, uniq(dimensions[name]) AS values FROM event_archive ARRAY JOIN mapKeys(dimensions) AS name GROUP BY workflow, name ORDER BY workflow, name';
const DISTINCT =
  'SELECT kpi, definition, max(value) AS most FROM kpi_history WHERE value IS NOT NULL GROUP BY kpi, definition ORDER BY kpi';

/** What a data directory has of a catalogue's events and values. */
export interface History {
  readonly activities: readonly ActivityCount[];
  readonly samples: readonly SampleCount[];
  readonly labels: readonly LabelCount[];
  readonly distinct: readonly DistinctCount[];
  readonly limits: readonly SeriesLimit[];
}

/** Of no data directory. */
export const NO_HISTORY: History = { activities: [], samples: [], labels: [], distinct: [], limits: [] };

/** Reads it from the process that serves the directory, or straight from it. Throws what a query throws. */
export async function readHistory(wiring: Wiring, data: string): Promise<History> {
  const rows = async <Row>(sql: string): Promise<Row[]> => {
    const options = { data, logLevel: 'silent', logLimit: LOG_LIMIT_DEFAULT_GIB };
    const text = Buffer.from(await runQuery(wiring, sql, options, 'JSONEachRow')).toString('utf8');
    return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]));
  };
  return {
    activities: await rows<ActivityCount>(ACTIVITIES),
    samples: await rows<SampleCount>(SAMPLES),
    labels: await rows<LabelCount>(LABELS),
    distinct: await rows<DistinctCount>(DISTINCT),
    limits: await rows<SeriesLimit>(SERIES_LIMITS),
  };
}
