import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ChdbTransport } from '../../services/shared/adapters/store/clickhouse/chdb-transport.ts';
import { ClickHouseStore } from '../../services/shared/adapters/store/clickhouse/clickhouse-store.ts';
import { checkUserQuery } from '../../services/shared/adapters/store/clickhouse/user-query.ts';
import type { NotificationRow } from '../../services/shared/ports/kpi-rows.ts';
import { chdbMissing } from './chdb-missing.ts';
import { caseRow, definition, event, redrive, transition, value } from './kpi-store-rows.ts';

// What chDB and the views do beyond the port's promises.
describe.skipIf(chdbMissing !== false)(`chDB (skipped only where it is missing: ${chdbMissing})`, () => {
  let path: string;
  let transport: ChdbTransport;
  let store: ClickHouseStore;

  beforeEach(async () => {
    // Quotes and spaces in a path must not reach SQL as they are.
    path = mkdtempSync(join(tmpdir(), "takt-it's a store-"));
    transport = await ChdbTransport.open(path);
    store = new ClickHouseStore({ transport, migrationsPath: 'deploy/clickhouse' });
    await store.migrate();
  });
  afterEach(async () => {
    await store.close();
    rmSync(path, { recursive: true, force: true });
  });

  const rows = async (sql: string): Promise<unknown[]> => {
    const text = Buffer.from(await store.query(sql, 'JSONEachRow')).toString();
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
  };

  test('a failed read leaves nothing for the next one, on the connection of the folds too', async () => {
    const half = transport.rows('SELECT number, throwIf(number = 700000) FROM numbers(900000)', {});
    const next = transport.rows('SELECT 42 AS x', {});
    await expect(half).rejects.toThrow(/throwIf/);
    expect(await next).toEqual([{ x: 42 }]);
  });

  test('close waits for what is under way, and files of inserts are removed', async () => {
    const insert = transport.insert(
      '`positions`',
      'stage String, topic String, partition UInt16, content String, version UInt64',
      [Buffer.alloc(0)],
    );
    const read = transport.rows<{ x: number }>('SELECT sleep(0.2) AS x', {});
    await insert;
    await Promise.all([read, store.close()]);
    expect(readdirSync(join(path, 'incoming'))).toEqual([]);
    await expect(transport.rows('SELECT 1', {})).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });

  test('kpi_history has rows that stand, with times that can be shown', async () => {
    const farMs = 9_999_999_999_999;
    await store.insert('values', [
      value({ windowEndMs: 60_000, revision: 0 }),
      value({ windowEndMs: 60_000, revision: 1, version: 2n }),
      value({ windowStartMs: 60_000, windowEndMs: 120_000, withdrawn: true }),
      value({ windowStartMs: 120_000, windowEndMs: 180_000, validToMs: 200_000 }),
      value({ windowStartMs: 200_000, windowEndMs: 260_000 }),
      value({ definition: 'old', windowStartMs: -86_400_000, windowEndMs: 0 }),
      value({ definition: 'total', windowStartMs: -9e13, windowEndMs: farMs, validToMs: 253_402_214_400_000 }),
    ]);
    const of = (hash: string): Promise<unknown[]> =>
      rows(
        `SELECT window_start, window_end, valid_to, revision FROM kpi_history WHERE definition = '${hash}' ORDER BY window_end`,
      );
    expect(await of('d')).toEqual([
      {
        window_start: '1970-01-01 00:00:00.000',
        window_end: '1970-01-01 00:01:00.000',
        valid_to: '1970-01-01 00:03:00.000',
        revision: 1,
      },
      {
        window_start: '1970-01-01 00:02:00.000',
        window_end: '1970-01-01 00:03:00.000',
        valid_to: '1970-01-01 00:03:20.000',
        revision: 0,
      },
      { window_start: '1970-01-01 00:03:20.000', window_end: '1970-01-01 00:04:20.000', valid_to: null, revision: 0 },
    ]);
    expect(await of('old')).toMatchObject([{ window_start: '1969-12-31 00:00:00.000', valid_to: null }]);
    expect(await of('total')).toMatchObject([
      {
        window_start: '1900-01-01 00:00:00.000',
        window_end: '2286-11-20 17:46:39.999',
        valid_to: '2286-11-20 17:46:39.999',
      },
    ]);
    const columns = (await rows('DESCRIBE TABLE kpi_history')) as { readonly name: string; readonly type: string }[];
    expect(columns.map(({ name }) => name)).toEqual([
      'kpi',
      'labels',
      'window_start',
      'window_end',
      'valid_to',
      'value',
      'value_exact',
      'samples',
      'state',
      'revision',
      'reason',
      'definition',
    ]);
    expect(columns[1]!.type).toBe('Map(String, String)');
  });

  test('alert_history has one row per episode, with what was seen when it fired and why nobody was told', async () => {
    const pending = { from: 'inactive', to: 'pending', value: 40, reason: 'began' } as const;
    const quiet = { suppressed: 'import' } as const;
    const ended = { from: 'firing', to: 'inactive', value: 3, reason: 'recovered' } as const;
    await store.insert('transitions', [
      transition({ ...pending, timeMs: 60_000 }),
      transition({ timeMs: 120_000, value: 41 }),
      transition({ ...ended, timeMs: 180_000 }),
      transition({ ...pending, ...quiet, episode: 'quiet', timeMs: 60_000 }),
      transition({ ...quiet, episode: 'quiet', timeMs: 120_000, value: null }),
      transition({ ...quiet, episode: 'late', timeMs: 60_000, from: 'inactive' }),
      transition({ episode: 'late', timeMs: 240_000, from: 'firing', value: 50 }),
      transition({ ...pending, episode: 'never', timeMs: 60_000 }),
      transition({ ...ended, episode: 'never', timeMs: 120_000, from: 'pending' }),
    ]);
    const [first] = await rows("SELECT * FROM alert_history WHERE episode = 'e'");
    expect(first).toEqual({
      rule: 'slow',
      kpi: 'k',
      severity: 'page',
      labels: { team: 'north' },
      episode: 'e',
      state: 'inactive',
      began_at: '1970-01-01 00:01:00.000',
      fired_at: '1970-01-01 00:02:00.000',
      ended_at: '1970-01-01 00:03:00.000',
      value: 41,
      target: 30,
      samples: 5,
      provisional: 0,
      suppressed: null,
      reason: 'recovered',
    });
    const others = 'SELECT episode, state, fired_at, ended_at, value, suppressed FROM alert_history ORDER BY episode';
    expect((await rows(others)).slice(1)).toEqual([
      {
        episode: 'late',
        state: 'firing',
        fired_at: '1970-01-01 00:01:00.000',
        ended_at: null,
        value: 31.5,
        suppressed: null,
      },
      {
        episode: 'never',
        state: 'inactive',
        fired_at: null,
        ended_at: '1970-01-01 00:02:00.000',
        value: 40,
        suppressed: null,
      },
      {
        episode: 'quiet',
        state: 'firing',
        fired_at: '1970-01-01 00:02:00.000',
        ended_at: null,
        value: null,
        suppressed: 'import',
      },
    ]);
  });

  test('kpi_current has the latest row of each series of the definitions in force', async () => {
    const south = { labels: '[["team","south"]]', labelMap: { team: 'south' } };
    await store.insert('definitions', [definition({ hash: 'd' }), definition({ hash: 'gone' })]);
    await store.insert('definitions', [definition({ hash: 'gone', active: false, version: 2n })]);
    await store.insert('values', [
      value({ windowEndMs: 60_000, value: 1 }),
      value({ windowEndMs: 120_000, value: 2 }),
      value({ windowEndMs: 180_000, value: 3, withdrawn: true }),
      value({ ...south, windowEndMs: 60_000, value: 4 }),
      value({ definition: 'gone', windowEndMs: 240_000, value: 5 }),
    ]);
    expect(await rows("SELECT labels['team'] AS team, value FROM kpi_current ORDER BY team")).toEqual([
      { team: 'north', value: 2 },
      { team: 'south', value: 4 },
    ]);
  });

  test('case_list and the dead letters have what was stored last', async () => {
    await store.insert('cases', [caseRow(), caseRow({ version: 2n, events: 3, firstMs: -9e13 })]);
    expect(await rows('SELECT case_id, toString(first_time) AS first_time, events, voided FROM case_list')).toEqual([
      { case_id: 'c1', first_time: '1900-01-01 00:00:00.000', events: 3, voided: 0 },
    ]);
    const raw = Uint8Array.from({ length: 256 }, (_, i) => i);
    await store.insert('dead_letters', [
      {
        id: 'x',
        workflow: 'w',
        source: 's',
        code: 'ROW_INVALID',
        reason: 'r',
        raw,
        timeMs: 1,
        eventMs: null,
        content: null,
        version: 1n,
      },
    ]);
    expect(await rows('SELECT hex(raw) AS raw, time_ms FROM dead_letters')).toEqual([
      { raw: Buffer.from(raw).toString('hex').toUpperCase(), time_ms: 1 },
    ]);
    const states =
      'SELECT state, way, outcome, isNull(tried_at) AS untried, tried_reason, events FROM dead_letter_list';
    const untried = { state: 'open', way: '', outcome: '', untried: 1, tried_reason: '', events: 0 };
    expect(await rows(states)).toEqual([untried]);
    await store.insert('redrives', [
      redrive({ id: 'x', version: 3n }),
      redrive({ id: 'x', outcome: 'refused', version: 2n }),
    ]);
    const accepted = { state: 'accepted', way: 'redriven', outcome: 'accepted', untried: 0, events: 1 };
    expect(await rows(states)).toMatchObject([accepted]);
  });

  test('a row that was stored again is one row of a table too, before anything is merged', async () => {
    for (const version of [1n, 2n, 2n]) await store.insert('cases', [caseRow({ version, events: Number(version) })]);
    expect(await rows('SELECT count() AS n, sum(events) AS events FROM cases')).toEqual([{ n: 1, events: 2 }]);
  });

  test('notification_list has what became of each notification at each channel', async () => {
    const row: NotificationRow = {
      key: 'alert_1',
      channel: 'hook',
      rule: 'slow',
      state: 'pending',
      attempts: 0,
      nextMs: 1_700_000_000_500,
      createdMs: 1_700_000_000_000,
      title: "it's late",
      body: 'one\ntwo 客户\0',
      reason: '',
      version: 1n,
    };
    const failed: NotificationRow = { ...row, state: 'failed', attempts: 3, nextMs: null, reason: '410', version: 2n };
    await store.insert('notifications', [failed, { ...row, channel: 'shout' }]);
    await store.insert('notifications', [row]);
    expect(await rows('SELECT * FROM notification_list ORDER BY channel')).toEqual([
      {
        created: '2023-11-14 22:13:20.000',
        rule: 'slow',
        channel: 'hook',
        state: 'failed',
        attempts: 3,
        next_try: null,
        title: row.title,
        body: row.body,
        reason: '410',
        key: 'alert_1',
      },
      expect.objectContaining({ channel: 'shout', state: 'pending', next_try: '2023-11-14 22:13:20.500' }),
    ]);
  });

  test('migrations can be repeated after a crash between one and its record', async () => {
    await store.insert('events', [event()]);
    await transport.command('TRUNCATE TABLE migrations');
    await store.migrate();
    expect(await store.caseEvents('w', 0, ['c1'], 10)).toEqual([event()]);
    expect(await rows('SELECT DISTINCT name FROM migrations ORDER BY name')).toHaveLength(
      readdirSync('deploy/clickhouse').length,
    );
  });

  test('no disguise lets INTO OUTFILE write a file', async () => {
    const file = join(path, 'out');
    const target = `'${file.replaceAll("'", "\\'")}'`;
    const disguises = [
      `SELECT 1 INTO OUTFILE ${target}`,
      `SELECT 1 into/**/outfile ${target}`,
      `SELECT 1 -- '\n INTO OUTFILE ${target} -- '`,
      `SELECT $$ ' $$ INTO OUTFILE ${target}`,
      `SELECT $a$ ' $a$ INTO OUTFILE ${target}`,
      `SELECT 1 # '\n INTO OUTFILE ${target}`,
      `SELECT 1 INTO\u200bOUTFILE ${target}`,
      `SELECT ‘ ' ’ INTO OUTFILE ${target}`,
      `SELECT 1 AS “ ' ” INTO OUTFILE ${target}`,
      `SELECT '\\\n' INTO OUTFILE ${target} -- '`,
      `SELECT 1 −− '\n INTO OUTFILE ${target}`,
      `(SELECT 1) INTO OUTFILE ${target}`,
      `WITH 1 AS x SELECT x INTO OUTFILE ${target} TRUNCATE`,
    ];
    for (const sql of disguises)
      await expect(store.query(sql, 'TSV'), sql).rejects.toMatchObject({ code: 'QUERY_NOT_READ_ONLY' });
    expect(existsSync(file)).toBe(false);
  });
});

test.each([
  "SELECT 'INTO OUTFILE x'",
  'SELECT 1 AS "into outfile"',
  'SELECT 1 -- INTO OUTFILE\n',
  "SELECT 'it''s; not; over' FROM events /* ; */",
  "SELECT '发货' AS `名称`, 名称 FROM system.settings",
  'SELECT settings FROM t -- DROP',
  '  (SELECT 1) UNION ALL (SELECT 2);  ',
  '-- a comment first\nSELECT 1',
])('a statement that only reads passes: %s', (sql) => {
  expect(checkUserQuery(sql, 'TSV')).toBe(sql.trim().replace(/;$/, ''));
});

test.each([
  ['SELECT 1 FORMAT CSV', 'TSV', 'PARAMETER_INVALID'],
  ['SELECT 1', 'TSV; DROP TABLE x', 'PARAMETER_INVALID'],
  [`SELECT '${'x'.repeat(200_000)}'`, 'TSV', 'QUERY_LIMIT'],
  ['', 'TSV', 'QUERY_NOT_READ_ONLY'],
  ['SELECT 1; DROP TABLE x', 'TSV', 'QUERY_NOT_READ_ONLY'],
  ['/* SELECT */ DROP TABLE x', 'TSV', 'QUERY_NOT_READ_ONLY'],
  ['SELECTED', 'TSV', 'QUERY_NOT_READ_ONLY'],
])('a statement is refused: %.40s as %s', (sql, format, code) => {
  expect(() => checkUserQuery(sql, format)).toThrowError(expect.objectContaining({ code }));
});

test('a place that cannot be written is refused with what to do', async ({ skip }) => {
  if (chdbMissing !== false) skip(chdbMissing);
  const path = mkdtempSync(join(tmpdir(), 'takt-store-'));
  try {
    writeFileSync(join(path, 'file'), '');
    await expect(ChdbTransport.open(join(path, 'file', 'store'))).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' });
    await expect(ChdbTransport.open(join(path, 'a{b}'))).rejects.toMatchObject({ code: 'USAGE' });
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});

/** Another process that has the engine of a store directory open until its input ends. */
const HOLDER = `
  require('chdb/connection').createChdbConnection({ path: process.argv[1] });
  console.log('open');
  process.stdin.on('end', () => process.exit(0)).resume();
`;

test('another process is refused, and does not touch the files of the first', async ({ skip }) => {
  if (chdbMissing !== false) skip(chdbMissing);
  const path = mkdtempSync(join(tmpdir(), 'takt-store-'));
  const incoming = join(path, 'incoming', 'under-way.bin');
  mkdirSync(join(path, 'incoming'));
  writeFileSync(incoming, 'x');
  const holder = spawn(process.execPath, ['-e', HOLDER, join(path, 'chdb')], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(holder.stdout, 'data');
    await expect(ChdbTransport.open(path)).rejects.toMatchObject({
      code: 'DATA_LOCKED',
      message: expect.stringContaining(`another process (${holder.pid})`) as string,
    });
    expect(existsSync(incoming)).toBe(true);
    holder.stdin.end();
    await once(holder, 'exit');
    const transport = await ChdbTransport.open(path);
    expect(existsSync(incoming)).toBe(false);
    await transport.close();
  } finally {
    holder.kill();
    rmSync(path, { recursive: true, force: true });
  }
});
