import { compareBytesOf } from '../../../core/bytes/compare-text.ts';
import { TaktError } from '../../../core/errors.ts';
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
import { letterCounts, lettersIn } from './memory-letters.ts';

/** The key columns of each table. */
const KEYS: { readonly [T in TableName]: (row: TableRows[T]) => readonly unknown[] } = {
  events: (row) => [row.workflow, row.partition, row.caseId, row.id],
  retained_events: (row) => [row.workflow, row.partition, row.caseId, row.id, row.period],
  cases: (row) => [row.workflow, row.caseId],
  slices: (row) => [row.definition, row.labelPartition, row.labels, row.sliceStartMs, row.source],
  values: (row) => [row.definition, row.labels, row.windowEndMs],
  positions: (row) => [row.stage, row.topic, row.partition],
  definitions: (row) => [row.hash],
  dead_letters: (row) => [row.id],
  redrives: (row) => [row.id, String(row.version)],
  job_runs: (row) => [row.job, row.scheduledMs],
  instances: (row) => [row.ruleHash, row.labels],
  firsts: (row) => [row.definition, row.labels, row.windowEndMs, row.kind],
  transitions: (row) => [row.rule, row.labels, row.episode, row.timeMs, row.to],
  notifications: (row) => [row.key, row.channel],
  services: (row) => [row.service, row.instance],
  epoch_topics: (row) => [row.epoch, row.topic],
  series_limits: (row) => [row.id],
};
/** Tables of which the lowest version stays. */
const LOWEST_STAYS: ReadonlySet<TableName> = new Set(['firsts', 'series_limits']);
const TABLE_NAMES = Object.keys(KEYS) as TableName[];
/** Cases in one chunk of `archive` and `caseIds`, label sets in one of `labelSets`. */
const CHUNK_CASES = 1_000;

/** A block of the store in memory: the rows themselves. */
export interface MemoryBlock<T extends TableName = TableName> extends RowBlock<T> {
  readonly rows: readonly TableRows[T][];
}

class MemoryRows<T extends TableName> implements RowBuffer<T> {
  private readonly table: T;
  private rows: TableRows[T][] = [];

  constructor(table: T) {
    this.table = table;
  }

  add(row: TableRows[T]): void {
    this.rows.push({ ...row });
  }

  get length(): number {
    return this.rows.length;
  }

  take(): MemoryBlock<T> {
    const { table, rows } = this;
    this.rows = [];
    return { table, length: rows.length, rows };
  }
}

/** A KPI store in memory: for tests and the simulation. It has no SQL. */
export class MemoryStore implements KpiStore {
  private readonly tables = new Map<TableName, Map<string, TableRows[TableName]>>(
    TABLE_NAMES.map((name) => [name, new Map()]),
  );
  /** Events by partition and case, so that keyed reads stay keyed. */
  private readonly byCase = new Map<string, Map<string, Map<string, ArchivedRow>>>();
  private closed = false;

  async migrate(): Promise<void> {
    this.assertOpen();
  }

  async insert<T extends TableName>(table: T, rows: readonly TableRows[T][]): Promise<void> {
    this.assertOpen();
    const content = this.tables.get(table)!;
    for (const row of rows) {
      // Of a duplicate the lowest offset counts for reads by case, whatever the version: before the version decides.
      if (table === 'events' || table === 'retained_events') this.index(row as ArchivedRow);
      const key = JSON.stringify(KEYS[table](row));
      const known = content.get(key);
      if (known !== undefined && (LOWEST_STAYS.has(table) ? known.version < row.version : known.version > row.version))
        continue;
      content.set(key, row);
    }
  }

  rowBuffer<T extends TableName>(table: T): RowBuffer<T> {
    return new MemoryRows(table);
  }

  async insertBlocks<T extends TableName>(table: T, blocks: readonly RowBlock<T>[]): Promise<void> {
    for (const { rows } of blocks as readonly MemoryBlock<T>[]) await this.insert(table, rows);
  }

  private index(row: ArchivedRow): void {
    const place = `${row.workflow}/${row.partition}`;
    const cases = this.byCase.get(place) ?? new Map<string, Map<string, ArchivedRow>>();
    this.byCase.set(place, cases);
    const events = cases.get(row.caseId) ?? new Map<string, ArchivedRow>();
    cases.set(row.caseId, events);
    const key = `${row.period ?? 0} ${row.id}`;
    const known = events.get(key);
    const newer = known === undefined || (row.offset === known.offset && row.version >= known.version);
    if (newer || row.offset < known.offset) events.set(key, row);
  }

  async caseEvents(
    workflow: string,
    partition: number,
    caseIds: readonly string[],
    belowOffset: number,
    fromPeriod = 0,
  ): Promise<EventRow[]> {
    this.assertOpen();
    const cases = this.byCase.get(`${workflow}/${partition}`);
    return [...new Set(caseIds)].flatMap((id) => eventsOf(cases?.get(id), belowOffset, fromPeriod));
  }

  async *caseIds(workflow: string, partition: number, fromOffset: number): AsyncIterable<readonly string[]> {
    this.assertOpen();
    const cases = this.byCase.get(`${workflow}/${partition}`) ?? new Map<string, Map<string, ArchivedRow>>();
    const ids: string[] = [];
    for (const [id, events] of cases) if ([...events.values()].some(({ offset }) => offset >= fromOffset)) ids.push(id);
    for (let i = 0; i < ids.length; i += CHUNK_CASES) yield ids.slice(i, i + CHUNK_CASES);
  }

  async *labelSets(definition: string, labelPartition: number): AsyncIterable<readonly string[]> {
    this.assertOpen();
    const rows = [...this.tables.get('slices')!.values(), ...this.tables.get('values')!.values()] as (
      | SliceRow
      | ValueRow
    )[];
    const inPlace = rows.filter((row) => row.definition === definition && row.labelPartition === labelPartition);
    const sets = [...new Set(inPlace.map(({ labels }) => labels))];
    for (let i = 0; i < sets.length; i += CHUNK_CASES) yield sets.slice(i, i + CHUNK_CASES);
  }

  async *archive(
    workflow: string,
    partition: number,
    belowOffset: number,
    between?: TimeRange,
    range: CaseRange = { after: null, upTo: null },
    { fromPeriod, belowPeriod }: PeriodRange = { fromPeriod: 0 },
  ): AsyncIterable<readonly EventRow[]> {
    this.assertOpen();
    const cases = this.byCase.get(`${workflow}/${partition}`) ?? new Map<string, Map<string, ArchivedRow>>();
    const ids = [...cases.keys()].filter((id) => isInside(id, range)).sort(compareBytesOf);
    for (let i = 0; i < ids.length; i += CHUNK_CASES) {
      const rows: EventRow[] = [];
      for (const id of ids.slice(i, i + CHUNK_CASES)) {
        const events = eventsOf(cases.get(id), belowOffset, fromPeriod);
        const inside =
          between === undefined || events.some(({ timeMs }) => timeMs >= between.fromMs && timeMs < between.toMs);
        const leaves =
          belowPeriod === undefined ||
          visible(cases.get(id), belowOffset, fromPeriod).some(({ period = 0 }) => period < belowPeriod);
        if (inside && leaves) rows.push(...events);
      }
      if (rows.length > 0) yield rows;
    }
  }

  async archiveAhead(
    workflow: string,
    partition: number,
    after: string | null,
    eventsMax: number,
    fromPeriod = 0,
  ): Promise<{ readonly events: number; readonly upTo: string | null }> {
    this.assertOpen();
    const cases = [...(this.byCase.get(`${workflow}/${partition}`) ?? [])]
      .filter(([id]) => isInside(id, { after, upTo: null }))
      .sort(([a], [b]) => compareBytesOf(a, b));
    const ids = cases.flatMap(([id, events]) => eventsOf(events, Infinity, fromPeriod).map(() => id));
    return { events: ids.length, upTo: ids.length <= eventsMax ? null : ids[eventsMax - 1]! };
  }

  async dropPeriods(workflow: string, beforePeriod: number): Promise<number> {
    this.assertOpen();
    const periods = new Set<number>();
    const goes = (row: ArchivedRow): boolean => {
      const { period = 0 } = row;
      if (row.workflow !== workflow || period >= beforePeriod) return false;
      periods.add(period);
      return true;
    };
    for (const name of ['events', 'retained_events'] as const) {
      const table = this.tables.get(name)!;
      for (const [key, row] of table) if (goes(row as ArchivedRow)) table.delete(key);
    }
    for (const cases of this.byCase.values())
      for (const [id, events] of cases) {
        for (const [key, row] of events) if (goes(row)) events.delete(key);
        if (events.size === 0) cases.delete(id);
      }
    return periods.size;
  }

  async slices(query: SliceQuery): Promise<SliceRow[]> {
    this.assertOpen();
    const labels = query.labels === undefined ? null : new Set(query.labels);
    const rows = this.dump('slices').filter(
      (row) =>
        row.definition === query.definition &&
        (query.source === undefined || row.source === query.source) &&
        (query.labelPartition === undefined || row.labelPartition === query.labelPartition) &&
        (labels === null || labels.has(row.labels)) &&
        (query.fromMs === undefined || row.sliceStartMs >= query.fromMs) &&
        (query.toMs === undefined || row.sliceStartMs < query.toMs) &&
        (query.importId === undefined || row.importId === query.importId),
    );
    if (query.latestMax === undefined) return rows;
    return rows.toSorted((a, b) => b.sliceStartMs - a.sliceStartMs).slice(0, query.latestMax);
  }

  async values(query: ValueQuery): Promise<ValueRow[]> {
    this.assertOpen();
    const labels = query.labels === undefined ? null : new Set(query.labels);
    const wanted = Object.entries(query.labelValues ?? {});
    const rows = this.dump('values').filter(
      (row) =>
        row.definition === query.definition &&
        (query.labelPartition === undefined || row.labelPartition === query.labelPartition) &&
        (labels === null || labels.has(row.labels)) &&
        (query.fromMs === undefined || row.windowEndMs >= query.fromMs) &&
        (query.toMs === undefined || row.windowEndMs < query.toMs) &&
        wanted.every(([name, text]) => row.labelMap[name] === text) &&
        (query.withdrawn === true || !row.withdrawn),
    );
    const byteOrder = (a: ValueRow, b: ValueRow): number =>
      Buffer.compare(Buffer.from(a.labels), Buffer.from(b.labels));
    const chosen = query.lastPerSeries === undefined ? rows : lastOfEach(rows, query.lastPerSeries);
    return chosen
      .toSorted((a, b) => (a.labels === b.labels ? a.windowEndMs - b.windowEndMs : byteOrder(a, b)))
      .slice(0, query.rowsMax);
  }

  async position(stage: string, topic: string, partition: number): Promise<PositionRow | null> {
    this.assertOpen();
    return (
      (this.tables.get('positions')!.get(JSON.stringify([stage, topic, partition])) as PositionRow | undefined) ?? null
    );
  }

  async definitions(): Promise<DefinitionRow[]> {
    this.assertOpen();
    return this.dump('definitions');
  }

  async claimRun(row: JobRunRow): Promise<boolean> {
    this.assertOpen();
    const known = this.tables.get('job_runs')!.get(JSON.stringify(KEYS.job_runs(row))) as JobRunRow | undefined;
    if (known !== undefined && known.attempt >= row.attempt) return false;
    await this.insert('job_runs', [row]);
    return true;
  }

  async jobRuns({ job, fromMs, toMs, rowsMax }: JobRunQuery): Promise<JobRunRow[]> {
    this.assertOpen();
    return this.dump('job_runs')
      .filter(
        (row) =>
          row.job === job &&
          (fromMs === undefined || row.scheduledMs >= fromMs) &&
          (toMs === undefined || row.scheduledMs <= toMs),
      )
      .toSorted((a, b) => b.scheduledMs - a.scheduledMs)
      .slice(0, rowsMax);
  }

  async services(sinceMs: number): Promise<ServiceRow[]> {
    this.assertOpen();
    const byName = (a: ServiceRow, b: ServiceRow): number =>
      `${a.service} ${a.instance}` < `${b.service} ${b.instance}` ? -1 : 1;
    return this.dump('services')
      .filter(({ seenMs }) => seenMs >= sinceMs)
      .toSorted(byName);
  }

  async labelSetCounts(groups: readonly LabelSetGroup[]): Promise<ReadonlyMap<string, number>> {
    this.assertOpen();
    const rows = this.dump('slices');
    return new Map(
      groups.flatMap(({ id, definitions }) => {
        const found = rows.filter(({ definition }) => definitions.includes(definition)).map(({ labels }) => labels);
        return found.length === 0 ? [] : [[id, new Set(found).size] as const];
      }),
    );
  }

  async busiestLabelSets(definitions: readonly string[], rowsMax: number): Promise<readonly string[]> {
    this.assertOpen();
    const samples = new Map<string, number>();
    for (const row of this.dump('slices'))
      if (definitions.includes(row.definition))
        samples.set(row.labels, (samples.get(row.labels) ?? 0) + Math.abs(row.samples));
    return [...samples]
      .toSorted(([a, m], [b, n]) => n - m || compareBytesOf(a, b))
      .slice(0, rowsMax)
      .map(([labels]) => labels);
  }

  async seriesLimits(): Promise<SeriesLimitRow[]> {
    this.assertOpen();
    return this.dump('series_limits').toSorted((a, b) => compareBytesOf(a.id, b.id));
  }

  async epochTopics(): Promise<EpochTopicRow[]> {
    this.assertOpen();
    return this.dump('epoch_topics').toSorted((a, b) => a.epoch - b.epoch || (a.topic < b.topic ? -1 : 1));
  }

  async deadLetters(query: LetterQuery, page: LetterPage): Promise<TriedLetter[]> {
    this.assertOpen();
    return lettersIn(this.dump('dead_letters'), this.dump('redrives'), query, page);
  }

  async deadLetterCounts(query: LetterQuery, by: 'source' | 'code', rowsMax: number): Promise<LetterCount[]> {
    this.assertOpen();
    return letterCounts(this.dump('dead_letters'), this.dump('redrives'), query, by).slice(0, rowsMax);
  }

  async instances({ labelPartition, ruleHashes }: InstanceQuery): Promise<InstanceRow[]> {
    this.assertOpen();
    return this.dump('instances').filter(
      (row) =>
        (labelPartition === undefined || row.labelPartition === labelPartition) &&
        (ruleHashes === undefined || ruleHashes.includes(row.ruleHash)),
    );
  }

  async firsts(query: FirstQuery): Promise<FirstRow[]> {
    this.assertOpen();
    const labels = query.labels === undefined ? null : new Set(query.labels);
    const rows = this.dump('firsts').filter(
      (row) =>
        row.definition === query.definition &&
        (query.labelPartition === undefined || row.labelPartition === query.labelPartition) &&
        (labels === null || labels.has(row.labels)) &&
        (query.fromMs === undefined || row.windowEndMs >= query.fromMs) &&
        (query.toMs === undefined || row.windowEndMs < query.toMs) &&
        (query.belowVersion === undefined || row.version < query.belowVersion) &&
        (query.aboveVersion === undefined || row.version > query.aboveVersion),
    );
    if (query.latest !== true) return rows;
    const latest = new Map<string, FirstRow>();
    for (const row of rows) {
      const known = latest.get(row.labels);
      if (row.kind === 'first' && (known === undefined || row.windowEndMs > known.windowEndMs))
        latest.set(row.labels, row);
    }
    return [...latest.values()];
  }

  async transitions(query: TransitionQuery): Promise<TransitionRow[]> {
    this.assertOpen();
    return this.dump('transitions').filter(
      (row) =>
        (query.rule === undefined || row.rule === query.rule) &&
        (query.labels === undefined || query.labels.includes(row.labels)) &&
        (query.partition === undefined || row.partition === query.partition) &&
        (query.aboveVersion === undefined || row.version > query.aboveVersion) &&
        (query.fromMs === undefined || row.timeMs >= query.fromMs) &&
        (query.toMs === undefined || row.timeMs < query.toMs),
    );
  }

  async query(): Promise<Uint8Array> {
    this.assertOpen();
    throw new TaktError('QUERY_FAILED', 'the memory store has no SQL; queries need the ClickHouse store.');
  }

  /** All rows of a table. */
  dump<T extends TableName>(table: T): TableRows[T][] {
    return [...this.tables.get(table)!.values()] as TableRows[T][];
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private assertOpen(): void {
    if (this.closed) throw new TaktError('STORE_CLOSED', 'the store is closed: takt is stopping.');
  }
}

/** Of each series the rows whose windows end last. */
function lastOfEach(rows: readonly ValueRow[], count: number): ValueRow[] {
  const taken = new Map<string, number>();
  return rows
    .toSorted((a, b) => b.windowEndMs - a.windowEndMs)
    .filter(({ labels }) => {
      const before = taken.get(labels) ?? 0;
      taken.set(labels, before + 1);
      return before < count;
    });
}

type ArchivedRow = EventRow & { readonly period?: number };
type CaseRows = ReadonlyMap<string, ArchivedRow> | undefined;

function visible(rows: CaseRows, belowOffset: number, fromPeriod: number): ArchivedRow[] {
  const counts = (period: number): boolean => (fromPeriod === 0 ? period === 0 : period >= fromPeriod);
  return [...(rows?.values() ?? [])].filter(({ offset, period = 0 }) => offset < belowOffset && counts(period));
}

/** Of each id one row, that of the lowest offset, without its period. */
function eventsOf(rows: CaseRows, belowOffset: number, fromPeriod: number): EventRow[] {
  const first = new Map<string, EventRow>();
  for (const { period: _period, ...row } of visible(rows, belowOffset, fromPeriod)) {
    const known = first.get(row.id);
    if (known === undefined || row.offset < known.offset) first.set(row.id, row);
  }
  return [...first.values()];
}

function isInside(caseId: string, { after, upTo }: CaseRange): boolean {
  return (after === null || compareBytesOf(caseId, after) > 0) && (upTo === null || compareBytesOf(caseId, upTo) <= 0);
}
