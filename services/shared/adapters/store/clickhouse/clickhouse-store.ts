import { TaktError } from '../../../core/errors.ts';
import { quoted } from '../../../core/verify/sql-text.ts';
import type {
  DefinitionRow,
  EventRow,
  EpochTopicRow,
  JobRunRow,
  FirstRow,
  InstanceRow,
  PositionRow,
  SeriesLimitRow,
  ServiceRow,
  SliceRow,
  TableName,
  TableRows,
  TransitionRow,
  ValueRow,
} from '../../../ports/kpi-rows.ts';
import type {
  CaseRange,
  JobRunQuery,
  FirstQuery,
  InstanceQuery,
  KpiStore,
  LabelSetGroup,
  LetterCount,
  LetterPage,
  LetterQuery,
  PeriodRange,
  RowBlock,
  RowBuffer,
  SliceQuery,
  TimeRange,
  TransitionQuery,
  TriedLetter,
  ValueQuery,
} from '../../../ports/kpi-store.ts';
import { letterCountsStatement, letterIdsStatement, lettersStatement, readLetter, readLetterCount } from './letters.ts';
import { migrate } from './migrate.ts';
import { type RowBinaryBlock, RowBinaryBuffer } from './row-binary-buffer.ts';
import {
  type Raw,
  readDefinition,
  readEvent,
  readFirst,
  readInstance,
  readEpochTopic,
  readJobRun,
  readSeriesLimit,
  readService,
  readSlice,
  readTransition,
  readValue,
} from './rows.ts';
import { invert, TABLES } from './tables.ts';
import type { ClickHouseTransport } from './transport.ts';
import { checkUserQuery, userQueryError } from './user-query.ts';
import { checkFunctions, treeOf } from './user-query-functions.ts';

/** Keys of one query. */
const KEYS_MAX = 1_000;
/** Cases of one page of the archive. */
const PAGE_CASES = 2_000;
const SERIES =
  '(SELECT definition, label_partition, labels FROM slices UNION ALL SELECT definition, label_partition, labels FROM `values`)';
/** Ids of one page of `caseIds`, label sets of one of `labelSets`. */
const PAGE_IDS = 100_000;
/** The events of a partition, and those below an offset. */
const PLACE = 'workflow = {workflow:String} AND partition = {partition:UInt16}';
const BELOW = `${PLACE} AND offset < {below:UInt64}`;

/** The KPI store on ClickHouse, over either transport. */
export class ClickHouseStore implements KpiStore {
  private readonly transport: ClickHouseTransport;
  private readonly migrationsPath: string;
  private closed = false;
  /** Settles when the claim under way has; the next one looks only then. */
  private lastClaim: Promise<unknown> = Promise.resolve();

  constructor(options: { readonly transport: ClickHouseTransport; readonly migrationsPath: string }) {
    this.transport = options.transport;
    this.migrationsPath = options.migrationsPath;
  }

  async migrate(): Promise<void> {
    this.assertOpen();
    await this.transport.exclusively('migrations', () => migrate(this.transport, this.migrationsPath));
  }

  async insert<T extends TableName>(table: T, rows: readonly TableRows[T][]): Promise<void> {
    this.assertOpen();
    if (rows.length === 0) return;
    const buffer = this.rowBuffer(table);
    for (const row of rows) buffer.add(row);
    await this.insertBlocks(table, [buffer.take()]);
  }

  rowBuffer<T extends TableName>(table: T): RowBuffer<T> {
    return new RowBinaryBuffer(table);
  }

  async insertBlocks<T extends TableName>(table: T, blocks: readonly RowBlock<T>[]): Promise<void> {
    this.assertOpen();
    const rows = (blocks as readonly RowBinaryBlock<T>[]).map(({ bytes }) => bytes);
    await this.transport.insert(`\`${table}\``, TABLES[table].structure, rows);
  }

  async caseEvents(
    workflow: string,
    partition: number,
    caseIds: readonly string[],
    belowOffset: number,
    fromPeriod = 0,
  ): Promise<EventRow[]> {
    this.assertOpen();
    const result: EventRow[] = [];
    for (const ids of chunks([...new Set(caseIds)])) {
      const sql = `SELECT * FROM ${tableOf(fromPeriod)} WHERE ${BELOW}${periodCondition({ fromPeriod })} AND case_id IN {ids:Array(String)}`;
      const rows = await this.select(sql, { workflow, partition, ids, below: belowOffset, fromPeriod });
      for (const row of firstOfEach(rows.map(readEvent))) result.push(row);
    }
    return result;
  }

  async *caseIds(workflow: string, partition: number, fromOffset: number): AsyncIterable<readonly string[]> {
    const place = 'workflow = {workflow:String} AND partition = {partition:UInt16} AND offset >= {from:UInt64}';
    const parameters = { workflow, partition, from: fromOffset };
    for (const table of ['events', 'retained_events'])
      yield* this.pagesOf('case_id', table, place, parameters, PAGE_IDS);
  }

  async *labelSets(definition: string, labelPartition: number): AsyncIterable<readonly string[]> {
    const place = 'definition = {definition:String} AND label_partition = {labelPartition:UInt16}';
    yield* this.pagesOf('labels', SERIES, place, { definition, labelPartition }, PAGE_IDS);
  }

  async *archive(
    workflow: string,
    partition: number,
    belowOffset: number,
    between?: TimeRange,
    cases?: CaseRange,
    periods: PeriodRange = { fromPeriod: 0 },
  ): AsyncIterable<readonly EventRow[]> {
    const parameters = { workflow, partition, below: belowOffset, ...between, ...caseParameters(cases), ...periods };
    const inside = between === undefined ? '' : ' AND time_ms >= {fromMs:Int64} AND time_ms < {toMs:Int64}';
    const condition = `${BELOW}${inside}${caseCondition(cases)}${periodCondition(periods)}`;
    for await (const ids of this.pagesOf('case_id', tableOf(periods.fromPeriod), condition, parameters, PAGE_CASES)) {
      yield await this.caseEvents(workflow, partition, ids, belowOffset, periods.fromPeriod);
    }
  }

  async archiveAhead(
    workflow: string,
    partition: number,
    after: string | null,
    eventsMax: number,
    fromPeriod = 0,
  ): Promise<{ readonly events: number; readonly upTo: string | null }> {
    const cases = { after, upTo: null };
    const parameters = { workflow, partition, fromPeriod, ...caseParameters(cases) };
    const rest = `FROM ${tableOf(fromPeriod)} WHERE ${PLACE}${periodCondition({ fromPeriod })}${caseCondition(cases)}`;
    const [row] = await this.select(`SELECT count() AS n ${rest}`, parameters);
    const events = Number(row!['n']);
    if (events <= eventsMax) return { events, upTo: null };
    const at = `SELECT case_id ${rest} ORDER BY case_id LIMIT 1 OFFSET ${eventsMax - 1}`;
    const [last] = await this.select(at, parameters);
    return { events, upTo: String(last!['case_id'] as string) };
  }

  async dropPeriods(workflow: string, beforePeriod: number): Promise<number> {
    const sql =
      'SELECT DISTINCT _partition_id AS id FROM retained_events WHERE workflow = {workflow:String} AND period < {beforePeriod:UInt32}';
    const rows = await this.select(sql, { workflow, beforePeriod });
    for (const row of rows) {
      const id = String(row['id'] as string);
      await this.transport.command(`ALTER TABLE retained_events DROP PARTITION ID '${id}'`);
    }
    return rows.length + (beforePeriod < 1 ? 0 : await this.dropPeriodless(workflow));
  }

  /** A workflow leaves the table without periods once, when it gets a retention. */
  private async dropPeriodless(workflow: string): Promise<number> {
    const found = await this.select('SELECT 1 FROM events WHERE workflow = {workflow:String} LIMIT 1', { workflow });
    if (found.length === 0) return 0;
    const sql = `ALTER TABLE events DELETE WHERE workflow = ${quoted(workflow)} SETTINGS mutations_sync = 2`;
    await this.transport.command(sql);
    return 1;
  }

  /** What a column holds under `condition`, each once, in the order of the store, in pages. */
  private async *pagesOf(
    column: string,
    from: string,
    condition: string,
    parameters: Readonly<Record<string, unknown>>,
    pageRows: number,
  ): AsyncIterable<readonly string[]> {
    let after: string | undefined;
    for (;;) {
      const rest = after === undefined ? '' : ` AND ${column} > {after:String}`;
      const sql = `SELECT DISTINCT ${column} FROM ${from} WHERE ${condition}${rest} ORDER BY ${column} LIMIT ${pageRows}`;
      const rows = await this.select(sql, after === undefined ? parameters : { ...parameters, after });
      if (rows.length === 0) return;
      const ids = rows.map((row) => String(row[column] as string));
      yield ids;
      if (ids.length < pageRows) return;
      after = ids.at(-1)!;
    }
  }

  async slices(query: SliceQuery): Promise<SliceRow[]> {
    const conditions = ['definition = {definition:String}'];
    if (query.source !== undefined) conditions.push('source = {source:String}');
    if (query.labelPartition !== undefined) conditions.push('label_partition = {labelPartition:UInt16}');
    if (query.labels !== undefined) conditions.push('labels IN {labels:Array(String)}');
    if (query.fromMs !== undefined) conditions.push('slice_start_ms >= {fromMs:Int64}');
    if (query.toMs !== undefined) conditions.push('slice_start_ms < {toMs:Int64}');
    // After FINAL: an older version of the row may name the import, the newest decides.
    if (query.importId !== undefined) conditions.push('import_id = {importId:String}');
    const latest = query.latestMax === undefined ? '' : ' ORDER BY slice_start_ms DESC LIMIT {latestMax:UInt64}';
    const sql = `SELECT * EXCEPT state, base64Encode(state) AS state FROM slices FINAL WHERE ${conditions.join(' AND ')}${latest}`;
    return (await this.selectByLabels(sql, query.labels, query)).map(readSlice);
  }

  async values(query: ValueQuery): Promise<ValueRow[]> {
    const conditions = ['definition = {definition:String}'];
    if (query.labelPartition !== undefined) conditions.push('label_partition = {labelPartition:UInt16}');
    if (query.labels !== undefined) conditions.push('labels IN {labels:Array(String)}');
    if (query.fromMs !== undefined) conditions.push('window_end_ms >= {fromMs:Int64}');
    if (query.toMs !== undefined) conditions.push('window_end_ms < {toMs:Int64}');
    if (query.withdrawn !== true) conditions.push('withdrawn = 0');
    const { withdrawn: _withdrawn, lastPerSeries, labelValues = {}, ...others } = query;
    const parameters: Record<string, unknown> = { ...others };
    for (const [i, [name, text]] of Object.entries(labelValues).entries()) {
      conditions.push(`label_map[{name${i}:String}] = {text${i}:String}`);
      Object.assign(parameters, { [`name${i}`]: name, [`text${i}`]: text });
    }
    const rows = `SELECT * FROM \`values\` FINAL WHERE ${conditions.join(' AND ')}`;
    const last =
      lastPerSeries === undefined
        ? rows
        : `SELECT * FROM (${rows} ORDER BY labels, window_end_ms DESC LIMIT ${Math.trunc(lastPerSeries)} BY labels)`;
    const limit = query.rowsMax === undefined ? '' : ' LIMIT {rowsMax:UInt64}';
    const sql = `${last} ORDER BY labels, window_end_ms${limit}`;
    return (await this.selectByLabels(sql, query.labels, parameters)).slice(0, query.rowsMax).map(readValue);
  }

  async position(stage: string, topic: string, partition: number): Promise<PositionRow | null> {
    const sql =
      'SELECT content, version FROM positions FINAL WHERE stage = {stage:String} AND topic = {topic:String} AND partition = {partition:UInt16}';
    const [row] = await this.select(sql, { stage, topic, partition });
    if (row === undefined) return null;
    return {
      stage,
      topic,
      partition,
      content: String(row['content'] as string),
      version: BigInt(row['version'] as string | number),
    };
  }

  async definitions(): Promise<DefinitionRow[]> {
    return (await this.select('SELECT * FROM definitions FINAL', {})).map(readDefinition);
  }

  /** One claim after another: with the embedded store, whose directory one process holds, nobody else can claim. */
  async claimRun(row: JobRunRow): Promise<boolean> {
    this.assertOpen();
    const claim = this.lastClaim.then(async () => {
      let granted = false;
      // Between processes too: what one has inserted the next one finds.
      await this.transport.exclusively('claims', async () => {
        const { job, scheduledMs } = row;
        const [known] = await this.jobRuns({ job, fromMs: scheduledMs, toMs: scheduledMs, rowsMax: 1 });
        if (known !== undefined && known.attempt >= row.attempt) return;
        await this.insert('job_runs', [row]);
        granted = true;
      });
      return granted;
    });
    this.lastClaim = claim.catch(() => {});
    return claim;
  }

  async jobRuns({ rowsMax, ...query }: JobRunQuery): Promise<JobRunRow[]> {
    const conditions = ['job = {job:String}'];
    if (query.fromMs !== undefined) conditions.push('scheduled_ms >= {fromMs:Int64}');
    if (query.toMs !== undefined) conditions.push('scheduled_ms <= {toMs:Int64}');
    const sql = `SELECT * FROM job_runs FINAL WHERE ${conditions.join(' AND ')} ORDER BY scheduled_ms DESC LIMIT {rowsMax:UInt32}`;
    return (await this.select(sql, { ...query, rowsMax })).map(readJobRun);
  }

  async services(sinceMs: number): Promise<ServiceRow[]> {
    const sql = 'SELECT * FROM services FINAL WHERE seen_ms >= {sinceMs:Int64} ORDER BY service, instance';
    return (await this.select(sql, { sinceMs })).map(readService);
  }

  async labelSetCounts(groups: readonly LabelSetGroup[]): Promise<ReadonlyMap<string, number>> {
    if (groups.length === 0) return new Map();
    const pairs = groups.flatMap(({ id, definitions }) => definitions.map((hash) => [hash, id] as const));
    const parameters = { hashes: pairs.map(([hash]) => hash), ids: pairs.map(([, id]) => id) };
    const sql =
      "SELECT transform(toString(definition), {hashes:Array(String)}, {ids:Array(String)}, '') AS id, uniqExact(labels) AS n FROM slices WHERE definition IN {hashes:Array(String)} GROUP BY id";
    const rows = await this.select(sql, parameters);
    return new Map(rows.map((row) => [String(row['id'] as string), Number(row['n'])]));
  }

  async busiestLabelSets(definitions: readonly string[], rowsMax: number): Promise<readonly string[]> {
    const sql =
      'SELECT labels FROM slices FINAL WHERE definition IN {definitions:Array(String)} GROUP BY labels ORDER BY sum(abs(samples)) DESC, labels LIMIT {rowsMax:UInt32}';
    return (await this.select(sql, { definitions, rowsMax })).map((row) => String(row['labels'] as string));
  }

  async seriesLimits(): Promise<SeriesLimitRow[]> {
    return (await this.select('SELECT * FROM series_limits FINAL ORDER BY id', {})).map(readSeriesLimit);
  }

  async epochTopics(): Promise<EpochTopicRow[]> {
    return (await this.select('SELECT * FROM epoch_topics FINAL ORDER BY epoch, topic', {})).map(readEpochTopic);
  }

  async deadLetters(query: LetterQuery, page: LetterPage): Promise<TriedLetter[]> {
    const found = letterIdsStatement(query, page);
    const ids = (await this.select(found.sql, found.parameters)).map((row) => String(row['id'] as string));
    if (ids.length === 0) return [];
    const { sql, parameters } = lettersStatement(ids, page);
    return (await this.select(sql, parameters)).map(readLetter);
  }

  async deadLetterCounts(query: LetterQuery, by: 'source' | 'code', rowsMax: number): Promise<LetterCount[]> {
    const { sql, parameters } = letterCountsStatement(query, by, rowsMax);
    return (await this.select(sql, parameters)).map(readLetterCount);
  }

  async instances(query: InstanceQuery): Promise<InstanceRow[]> {
    const conditions = ['1'];
    if (query.labelPartition !== undefined) conditions.push('label_partition = {labelPartition:UInt16}');
    if (query.ruleHashes !== undefined) conditions.push('rule_hash IN {ruleHashes:Array(String)}');
    const sql = `SELECT * FROM instances FINAL WHERE ${conditions.join(' AND ')}`;
    return (await this.select(sql, { ...query })).map(readInstance);
  }

  async firsts(query: FirstQuery): Promise<FirstRow[]> {
    const conditions = ['definition = {definition:String}'];
    if (query.labelPartition !== undefined) conditions.push('label_partition = {labelPartition:UInt16}');
    if (query.labels !== undefined) conditions.push('labels IN {labels:Array(String)}');
    if (query.fromMs !== undefined) conditions.push('window_end_ms >= {fromMs:Int64}');
    if (query.toMs !== undefined) conditions.push('window_end_ms < {toMs:Int64}');
    if (query.belowVersion !== undefined) conditions.push('inverted_version > {above:UInt64}');
    if (query.aboveVersion !== undefined) conditions.push('inverted_version <= {most:UInt64}');
    if (query.latest === true) conditions.push("kind = 'first'");
    const { latest, belowVersion, aboveVersion, ...rest } = query;
    const above = belowVersion === undefined ? {} : { above: String(invert(belowVersion)) };
    // Before the first record the version is -1, which no column holds.
    const most = aboveVersion === undefined ? {} : { most: String(invert(aboveVersion + 1n)) };
    const parameters = { ...rest, ...above, ...most };
    const last = latest === true ? ' ORDER BY window_end_ms DESC LIMIT 1 BY labels' : '';
    const sql = `SELECT * FROM firsts FINAL WHERE ${conditions.join(' AND ')}${last}`;
    return (await this.selectByLabels(sql, query.labels, parameters)).map(readFirst);
  }

  async transitions({ aboveVersion, ...query }: TransitionQuery): Promise<TransitionRow[]> {
    const conditions = ['1'];
    if (query.rule !== undefined) conditions.push('rule = {rule:String}');
    if (query.labels !== undefined) conditions.push('labels IN {labels:Array(String)}');
    if (query.partition !== undefined) conditions.push('partition = {partition:UInt16}');
    if (aboveVersion !== undefined) conditions.push('version >= {least:UInt64}');
    if (query.fromMs !== undefined) conditions.push('time_ms >= {fromMs:Int64}');
    if (query.toMs !== undefined) conditions.push('time_ms < {toMs:Int64}');
    const sql = `SELECT * FROM transitions FINAL WHERE ${conditions.join(' AND ')}`;
    // Before the first record the version is -1, which no column holds.
    const least = aboveVersion === undefined ? {} : { least: String(aboveVersion + 1n) };
    return (await this.selectByLabels(sql, query.labels, { ...query, ...least })).map(readTransition);
  }

  async query(sql: string, format: string): Promise<Uint8Array> {
    this.assertOpen();
    const statement = checkUserQuery(sql, format);
    try {
      const tree = await this.transport.userQuery(treeOf(statement), 'TSVRaw');
      checkFunctions(Buffer.from(tree).toString('utf8'));
      return await this.transport.userQuery(statement, format);
    } catch (error) {
      throw userQueryError(error);
    }
  }

  /** One query, or with many labels several, each with some of them as {labels}. */
  private async selectByLabels(sql: string, labels: readonly string[] | undefined, parameters: object): Promise<Raw[]> {
    if (labels === undefined) return this.select(sql, { ...parameters });
    this.assertOpen();
    const result: Raw[] = [];
    for (const some of chunks([...new Set(labels)].toSorted())) {
      for (const row of await this.select(sql, { ...parameters, labels: some })) result.push(row);
    }
    return result;
  }

  private async select(sql: string, parameters: Readonly<Record<string, unknown>>): Promise<Raw[]> {
    this.assertOpen();
    try {
      return await this.transport.rows<Raw>(sql, parameters);
    } catch (error) {
      if (error instanceof TaktError) throw error;
      throw new TaktError(
        'STORE_FAILED',
        `a read of the store failed: ${((error as Error).message.split('\n')[0] ?? '').slice(0, 300)}`,
        { cause: error },
      );
    }
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.transport.close();
  }

  private assertOpen(): void {
    if (this.closed) throw new TaktError('STORE_CLOSED', 'the store is closed: takt is stopping.');
  }
}

function chunks(keys: readonly string[]): string[][] {
  const result: string[][] = [];
  for (let i = 0; i < keys.length; i += KEYS_MAX) result.push(keys.slice(i, i + KEYS_MAX));
  return result;
}

/** Rows not yet merged, or a duplicate that should not be there: the lowest offset of an id counts. */
function firstOfEach(rows: readonly EventRow[]): EventRow[] {
  const first = new Map<string, EventRow>();
  for (const row of rows) {
    const key = `${row.caseId.length} ${row.caseId}${row.id}`;
    const known = first.get(key);
    const newer = known === undefined || (row.offset === known.offset && row.version > known.version);
    if (newer || row.offset < known.offset) first.set(key, row);
  }
  return [...first.values()];
}

/** Where events of these periods stand. */
function tableOf(fromPeriod: number): 'events' | 'retained_events' {
  return fromPeriod === 0 ? 'events' : 'retained_events';
}

/** The condition of the periods that count, behind others. */
function periodCondition({ fromPeriod, belowPeriod }: PeriodRange): string {
  if (fromPeriod === 0) return '';
  return ` AND period >= {fromPeriod:UInt32}${belowPeriod === undefined ? '' : ' AND period < {belowPeriod:UInt32}'}`;
}

/** The condition of a range of cases, behind others. */
function caseCondition(cases: CaseRange | undefined): string {
  const after = (cases?.after ?? null) === null ? '' : ' AND case_id > {caseAfter:String}';
  const upTo = (cases?.upTo ?? null) === null ? '' : ' AND case_id <= {caseUpTo:String}';
  return `${after}${upTo}`;
}

/** What `caseCondition` names. */
function caseParameters(cases: CaseRange | undefined): Record<string, string> {
  const { after = null, upTo = null } = cases ?? {};
  return { ...(after === null ? {} : { caseAfter: after }), ...(upTo === null ? {} : { caseUpTo: upTo }) };
}
