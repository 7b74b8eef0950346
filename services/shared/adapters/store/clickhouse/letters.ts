import type { LetterContent } from '../../../core/messages.ts';
import type { RedriveRow } from '../../../ports/kpi-rows.ts';
import type { LetterCount, LetterPage, LetterQuery, TriedLetter } from '../../../ports/kpi-store.ts';
import type { Raw } from './rows.ts';

/** A statement with what is bound in it. */
export interface LetterStatement {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Of each letter that was tried again its latest try; of the others the join gives empty texts and zeros. */
const LATEST = `SELECT id, max(redrives.version) AS tried_version, argMax(redrives.time_ms, redrives.version) AS tried_ms,
    argMax(redrives.way, redrives.version) AS way, argMax(redrives.outcome, redrives.version) AS outcome,
    argMax(redrives.code, redrives.version) AS tried_code, argMax(redrives.reason, redrives.version) AS tried_reason,
    argMax(redrives.events, redrives.version) AS events
  FROM redrives GROUP BY id`;
const STATE = "if(outcome IN ('accepted', 'rejected'), outcome, 'open')";

/** The letters of a page; raw bytes in base64. */
export function lettersStatement(query: LetterQuery, { afterId, rowsMax, bytesMax }: LetterPage): LetterStatement {
  const { source, parameters } = chosen(query);
  const order = afterId === undefined ? 'time_ms DESC, id' : 'id';
  const behind = afterId === undefined ? '' : ' WHERE id > {afterId:String}';
  const sql = `SELECT * EXCEPT (raw, raw_bytes, bytes_sum), base64Encode(raw) AS raw FROM (
    SELECT *, length(raw) AS raw_bytes,
      sum(raw_bytes) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS bytes_sum
    FROM (SELECT * FROM (${source})${behind} ORDER BY ${order} LIMIT {rowsMax:UInt64})
  ) WHERE bytes_sum = raw_bytes OR bytes_sum <= {bytesMax:UInt64} ORDER BY ${order}`;
  const page = afterId === undefined ? {} : { afterId };
  return { sql, parameters: { ...parameters, ...page, rowsMax, bytesMax } };
}

/** The same letters, counted. */
export function letterCountsStatement(query: LetterQuery, rowsMax: number): LetterStatement {
  const { source, parameters } = chosen(query);
  const sql = `SELECT workflow, code, source, ${STATE} AS state, count() AS letters, max(time_ms) AS latest_ms,
    argMax(reason, (time_ms, id)) AS latest_reason
  FROM (${source}) GROUP BY workflow, code, source, state ORDER BY letters DESC, workflow, code, source, state
  LIMIT {rowsMax:UInt64}`;
  return { sql, parameters: { ...parameters, rowsMax } };
}

function chosen(query: LetterQuery): { source: string; parameters: Record<string, unknown> } {
  const { workflow, code, source, sinceMs, ids, state, untried, eventToMs } = query;
  const parameters: Record<string, unknown> = {};
  const on = (condition: string, name: string, value: unknown): string[] => {
    if (value === undefined) return [];
    parameters[name] = value;
    return [condition];
  };
  const kept = [
    '1',
    ...on('workflow = {workflow:String}', 'workflow', workflow),
    ...on('code = {code:String}', 'code', code),
    ...(source?.endsWith('*') === true
      ? on('startsWith(source, {source:String})', 'source', source.slice(0, -1))
      : on('source = {source:String}', 'source', source)),
    ...on('time_ms >= {sinceMs:Int64}', 'sinceMs', sinceMs),
    ...on('id IN {ids:Array(String)}', 'ids', ids),
    ...on('event_ms <= {eventToMs:Int64}', 'eventToMs', eventToMs),
  ];
  const tried = [
    '1',
    ...on(`${STATE} = {state:String}`, 'state', state),
    ...(untried === true ? ["outcome = ''"] : []),
  ];
  const letters = `SELECT * FROM dead_letters FINAL WHERE ${kept.join(' AND ')}`;
  const all = `SELECT * FROM (${letters}) AS letter LEFT JOIN (${LATEST}) AS tried USING (id)`;
  return { source: `SELECT * FROM (${all}) WHERE ${tried.join(' AND ')}`, parameters };
}

/** A row of `lettersStatement`. */
export function readLetter(row: Raw): TriedLetter {
  const text = (column: string): string => String(row[column] as string | number);
  const content = text('content');
  const letter = {
    id: text('id'),
    workflow: text('workflow'),
    source: text('source'),
    code: text('code'),
    reason: text('reason'),
    raw: Buffer.from(text('raw'), 'base64'),
    timeMs: Number(row['time_ms']),
    eventMs: row['event_ms'] === null ? null : Number(row['event_ms']),
    content: content === '' ? null : (JSON.parse(content) as LetterContent),
    version: BigInt(text('version')),
  };
  if (text('outcome') === '') return { letter, last: null };
  const last: RedriveRow = {
    id: letter.id,
    timeMs: Number(row['tried_ms']),
    way: text('way') as RedriveRow['way'],
    outcome: text('outcome') as RedriveRow['outcome'],
    code: text('tried_code'),
    reason: text('tried_reason'),
    events: Number(row['events']),
    version: BigInt(text('tried_version')),
  };
  return { letter, last };
}

/** A row of `letterCountsStatement`. */
export function readLetterCount(row: Raw): LetterCount {
  const text = (column: string): string => String(row[column] as string | number);
  return {
    workflow: text('workflow'),
    code: text('code'),
    source: text('source'),
    state: text('state') as LetterCount['state'],
    count: Number(row['letters']),
    latestMs: Number(row['latest_ms']),
    reason: text('latest_reason'),
  };
}
