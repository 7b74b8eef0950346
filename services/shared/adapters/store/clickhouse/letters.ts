import type { LetterContent } from '../../../core/messages.ts';
import type { RedriveRow } from '../../../ports/kpi-rows.ts';
import type { LetterCount, LetterPage, LetterQuery, TriedLetter } from '../../../ports/kpi-store.ts';
import type { Raw } from './rows.ts';

/** A statement with what is bound in it. */
export interface LetterStatement {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** Of the letters that were tried again the latest try; of others a join gives empty texts and zeros. */
const latest = (where: string): string => `SELECT id, max(redrives.version) AS tried_version,
    argMax(redrives.time_ms, redrives.version) AS tried_ms, argMax(redrives.way, redrives.version) AS way,
    argMax(redrives.outcome, redrives.version) AS outcome, argMax(redrives.code, redrives.version) AS tried_code,
    argMax(redrives.reason, redrives.version) AS tried_reason, argMax(redrives.events, redrives.version) AS events
  FROM redrives WHERE ${where} GROUP BY id`;
const STATE = "if(outcome IN ('accepted', 'rejected'), outcome, 'open')";
const NAMED = 'id IN {ids:Array(String)}';

/** Which letters a page has, without what they hold: there may be millions of them. */
export function letterIdsStatement(query: LetterQuery, { afterId, rowsMax }: LetterPage): LetterStatement {
  const behind = afterId === undefined ? [] : ['id > {afterId:String}'];
  const { source, parameters } = chosen(query, 'id, time_ms', behind);
  const sql = `SELECT id FROM (${source}) ORDER BY ${orderOf(afterId)} LIMIT {rowsMax:UInt64}`;
  return { sql, parameters: { ...parameters, ...(afterId === undefined ? {} : { afterId }), rowsMax } };
}

/** The letters of a page by their ids, as far as their bytes may come; raw bytes in base64. */
export function lettersStatement(ids: readonly string[], { afterId, bytesMax }: LetterPage): LetterStatement {
  const order = orderOf(afterId);
  const sql = `SELECT * EXCEPT (raw, raw_bytes, bytes_sum), base64Encode(raw) AS raw FROM (
    SELECT *, length(raw) AS raw_bytes,
      sum(raw_bytes) OVER (ORDER BY ${order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS bytes_sum
    FROM (SELECT * FROM dead_letters FINAL WHERE ${NAMED}) AS letter LEFT JOIN (${latest(NAMED)}) AS tried USING (id)
  ) WHERE bytes_sum = raw_bytes OR bytes_sum <= {bytesMax:UInt64} ORDER BY ${order}`;
  return { sql, parameters: { ids, bytesMax } };
}

/** The letters that fit, counted by workflow, code, source and state, or by code and state alone. */
export function letterCountsStatement(query: LetterQuery, by: 'source' | 'code', rowsMax: number): LetterStatement {
  const { source, parameters } = chosen(query, 'id, workflow, code, source, time_ms, reason', []);
  const grouped = by === 'source' ? 'workflow, code, source' : 'code';
  const rest = by === 'source' ? '' : "'' AS workflow, '' AS source, ";
  const sql = `SELECT ${rest}${grouped}, ${STATE} AS state, count() AS letters, max(time_ms) AS latest_ms,
    argMax(reason, (time_ms, id)) AS latest_reason
  FROM (${source}) GROUP BY ${grouped}, state ORDER BY letters DESC, ${grouped}, state LIMIT {rowsMax:UInt64}`;
  return { sql, parameters: { ...parameters, rowsMax } };
}

function orderOf(afterId: string | undefined): string {
  return afterId === undefined ? 'time_ms DESC, id' : 'id';
}

/** Columns of the letters that fit, with the outcome of their latest try. */
function chosen(
  query: LetterQuery,
  columns: string,
  more: readonly string[],
): { source: string; parameters: Record<string, unknown> } {
  const { workflow, code, source, sinceMs, ids, state, eventToMs } = query;
  const parameters: Record<string, unknown> = {};
  const on = (condition: string, name: string, value: unknown): string[] => {
    if (value === undefined) return [];
    parameters[name] = value;
    return [condition];
  };
  const kept = [
    '1',
    ...more,
    ...on('workflow = {workflow:String}', 'workflow', workflow),
    ...on('code = {code:String}', 'code', code),
    ...(source?.endsWith('*') === true
      ? on('startsWith(source, {source:String})', 'source', source.slice(0, -1))
      : on('source = {source:String}', 'source', source)),
    ...on('time_ms >= {sinceMs:Int64}', 'sinceMs', sinceMs),
    ...on(NAMED, 'ids', ids),
    ...on('event_ms <= {eventToMs:Int64}', 'eventToMs', eventToMs),
  ];
  const tried = ['1', ...on(`${STATE} = {state:String}`, 'state', state)];
  const letters = `SELECT ${columns} FROM dead_letters FINAL WHERE ${kept.join(' AND ')}`;
  const tries = 'SELECT id, argMax(redrives.outcome, redrives.version) AS outcome FROM redrives GROUP BY id';
  const all = `SELECT * FROM (${letters}) AS letter LEFT JOIN (${tries}) AS tried USING (id)`;
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
