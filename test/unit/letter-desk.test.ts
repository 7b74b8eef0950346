import Fastify, { type FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { LetterDesk } from '../../services/ingest/letters/letter-desk.ts';
import { registerIngest } from '../../services/ingest/routes.ts';
import { DeadLetterTask } from '../../services/processor/dead-letters/dead-letter-task.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { Workflow } from '../../services/shared/core/catalogue/catalogue.ts';
import { TaktError } from '../../services/shared/core/errors.ts';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import { readJsonMapping } from '../../services/shared/core/ingest/json-mapping-read.ts';
import { readMqttPlan } from '../../services/shared/core/ingest/mqtt-plan.ts';
import type { LetterListing } from '../../services/shared/core/letters/letter-listing.ts';
import type { LetterBatch } from '../../services/shared/core/letters/letter-order.ts';
import type { DeadLetter, Redrive } from '../../services/shared/core/messages.ts';
import { encodeDeadLetter } from '../../services/shared/runtime/dead-letter-codec.ts';
import { Metrics } from '../../services/shared/runtime/metrics.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 12);
const HOUR_MS = 3_600_000;
const plain = { case: 'T-1', activity: 'opened', time: '2026-03-01T09:30:00Z', id: 'e1' };

function workflow(name: string): Workflow {
  return {
    name,
    activities: ['opened'],
    dimensions: ['team'],
    disorderMs: 0,
    idleTimeoutMs: 1,
    futureLimitMs: 600_000,
    retentionMs: null,
  };
}

interface World {
  readonly app: FastifyInstance;
  readonly desk: LetterDesk;
  readonly clock: ManualClock;
  readonly metrics: Metrics;
  /** Of the log: live events and, behind their import's id, imported ones. */
  readonly events: WorkflowEvent[];
  readonly brackets: string[];
  readonly workflows: Map<string, Workflow>;
  readonly mappings: Map<string, ReturnType<typeof readJsonMapping>>;
  fail: 'append' | 'tell' | null;
  keep(letters: readonly DeadLetter[]): Promise<void>;
  post(path: string, body: unknown): Promise<{ status: number; body: LetterBatch & { code: string; message: string } }>;
  list(query?: string): Promise<LetterListing>;
}

/** Ingest with its real fold of dead letters behind it. */
async function world(): Promise<World> {
  const store = new MemoryStore();
  const task = new DeadLetterTask({ store, epoch: 0 });
  await task.restore();
  let offset = 0;
  const clock = new ManualClock(NOW_MS);
  const tell = async (records: readonly (DeadLetter | Redrive)[]): Promise<void> => {
    if (it.fail === 'tell') throw new TaktError('LOG_FULL', 'the log is full');
    await task.apply(
      records.map((record) => ({
        offset: offset++,
        appendMs: clock.nowMs(),
        key: null,
        value: encodeDeadLetter(record),
      })),
    );
    const { rows } = task.collectCheckpoint();
    await store.insert('dead_letters', rows.dead_letters ?? []);
    await store.insert('redrives', rows.redrives ?? []);
  };
  const events: WorkflowEvent[] = [];
  const brackets: string[] = [];
  const workflows = new Map([['desk', workflow('desk')]]);
  const mappings = new Map<string, ReturnType<typeof readJsonMapping>>();
  const metrics = new Metrics();
  const { plan } = readMqttPlan({
    broker: 'mqtt://127.0.0.1:1883',
    sources: [{ topic: 'desk/{team}/events', workflow: 'desk' }],
  });
  const deps = {
    append: async (batch: readonly WorkflowEvent[]) => {
      if (it.fail === 'append') throw new TaktError('LOG_FULL', 'the log is full');
      events.push(...batch);
    },
    importBracket: async (name: string, id: string, phase: string) => void brackets.push(`${phase} ${name} ${id}`),
    workflows: () => workflows,
    mappings,
    clock,
    metrics,
  };
  const desk = new LetterDesk({ ...deps, store, tell, sources: plan!.sources });
  const app = Fastify();
  registerIngest(app, { ...deps, deadLetter: tell, letters: desk, keyHash: null });
  const it: World = {
    app,
    desk,
    clock,
    metrics,
    events,
    brackets,
    workflows,
    mappings,
    fail: null,
    keep: tell,
    async post(path, body) {
      const headers = { 'content-type': 'application/json' };
      const answer = await app.inject({ method: 'POST', url: path, headers, payload: JSON.stringify(body) });
      return { status: answer.statusCode, body: answer.json() };
    },
    async list(query = '') {
      return (await app.inject({ url: `/v1/dead-letters${query}` })).json<LetterListing>();
    },
  };
  return it;
}

test('what was refused goes in once more, once what was missing is there; twice is once', async () => {
  const it = await world();
  const item = { ...plain, workflow: 'sales' };
  await it.post('/v1/events', [item, { ...plain, time: 'soon' }]);
  expect(await it.list()).toMatchObject({
    open: 2,
    quarantined: 0,
    counts: [
      { code: 'WORKFLOW_UNKNOWN', count: 1, workflow: '' },
      { code: 'EVENT_INVALID', count: 1 },
    ],
    letters: [
      { state: 'open', last: null },
      { state: 'open', last: null },
    ],
  });
  it.workflows.set('sales', workflow('sales'));
  const dry = await it.post('/v1/dead-letters/redrive', { dryRun: true });
  expect(dry.body.results.map(({ outcome }) => outcome).toSorted()).toEqual(['accepted', 'refused']);
  expect([it.events, (await it.list()).open]).toEqual([[], 2]);
  const done = await it.post('/v1/dead-letters/redrive', {});
  expect(done.body.results).toEqual(dry.body.results);
  const [accepted] = done.body.results.filter(({ outcome }) => outcome === 'accepted');
  expect(it.events).toMatchObject([{ workflow: 'sales', caseId: 'T-1', id: 'e1' }]);
  expect(it.brackets).toEqual(['begin', 'end'].map((phase) => `${phase} sales ${it.events[0]!.importId}`));
  expect(await it.list('?state=accepted')).toMatchObject({
    open: 0,
    letters: [{ id: accepted!.id, last: { way: 'redriven', outcome: 'accepted', events: 1 } }],
  });
  const again = await it.post('/v1/dead-letters/redrive', { id: accepted!.id, state: 'accepted' });
  expect(again.body.results).toMatchObject([{ outcome: 'accepted' }]);
  expect(new Set(it.events.map(({ caseId, id }) => `${caseId} ${id}`)).size).toBe(1);
  expect(await it.list('?state=open')).toMatchObject({
    open: 1,
    letters: [{ code: 'EVENT_INVALID', last: { outcome: 'refused', code: 'EVENT_INVALID' } }],
  });
  expect(await it.metrics.text()).toContain('takt_dead_letters_tried_total{way="redriven",outcome="accepted"} 2');
});

test('a mapping that is given, or that is in force again, reads JSON; a CloudEvent then is plain JSON', async () => {
  const it = await world();
  it.mappings.set('jira', readJsonMapping({ case: 'key', activity: 'status', time: 'at', id: 'n' }));
  await it.post('/v1/events?workflow=desk&mapping=jira', { issue: 'T-1', status: 'opened', at: plain.time, n: 5 });
  const cloud = { specversion: '1.0', source: '/desk', type: 'opened', subject: 'T-2', time: plain.time };
  await it.app.inject({
    method: 'POST',
    url: '/v1/events',
    headers: { 'content-type': 'application/cloudevents+json' },
    payload: JSON.stringify(cloud),
  });
  it.mappings.delete('jira');
  const { body } = await it.post('/v1/dead-letters/redrive', { source: 'http:json*' });
  expect(body.results).toMatchObject([{ outcome: 'refused', code: 'MAPPING_INVALID' }]);
  const mapping = { case: 'issue', activity: 'status', time: 'at', id: 'n' };
  const mended = await it.post('/v1/dead-letters/redrive', { source: 'http:json:jira', mapping });
  expect(mended.body.results).toMatchObject([{ outcome: 'accepted', events: 1 }]);
  const own = { case: 'subject', activity: 'type', time: 'time', id: 'subject' };
  expect(
    (await it.post('/v1/dead-letters/redrive', { source: 'http:cloudevents', mapping: own })).body.results,
  ).toMatchObject([{ outcome: 'accepted' }]);
  expect(it.events.map(({ caseId, id }) => [caseId, id])).toEqual([
    ['T-1', '5'],
    ['T-2', 'T-2'],
  ]);
  const wrong = await it.post('/v1/dead-letters/redrive', { mapping: { case: 'x' } });
  expect(wrong).toMatchObject({ status: 400, body: { code: 'MAPPING_INVALID' } });
});

test('a message of MQTT is read by its topic; a payload of which a part is bad gives the rest', async () => {
  const it = await world();
  const payload = [plain, { ...plain, id: 'e2', time: 'soon' }];
  const raw = { workflow: 'desk', source: 'mqtt:desk/north/events', code: 'INTERNAL', reason: 'r' };
  await it.keep([{ ...raw, id: 'a', rawBase64: Buffer.from(JSON.stringify(payload)).toString('base64') }]);
  await it.keep([{ ...raw, id: 'b', code: 'BODY_TOO_LARGE', rawBase64: Buffer.from('[').toString('base64') }]);
  const { body } = await it.post('/v1/dead-letters/redrive', {});
  expect(body.results).toMatchObject([
    { id: 'a', outcome: 'accepted', events: 1, reason: '1 of its items are dead letters of their own' },
    { id: 'b', outcome: 'refused', code: 'BODY_TOO_LARGE' },
  ]);
  expect(it.events).toMatchObject([{ id: 'e1', dimensions: { team: 'north' } }]);
  expect((await it.list('?code=EVENT_INVALID')).letters).toMatchObject([{ state: 'open', source: raw.source }]);
});

test('rows of a file need a mapping; each of equal ones has the id of its own', async () => {
  const it = await world();
  const letter = { workflow: 'desk', source: 'import:a.csv', code: 'ROW_INVALID', reason: 'r', rawBase64: '' };
  const row = { kind: 'csv', headers: ['id', 'at', 'at'], cells: ['1', '', '01.02.2024'] } as const;
  await it.keep([1, 2].map((ordinal) => ({ ...letter, id: `r${ordinal}`, content: { ...row, ordinal } })));
  await it.keep([{ ...letter, id: 'torn' }]);
  const without = await it.post('/v1/dead-letters/redrive', {});
  expect(without.body.results.map(({ code }) => code)).toEqual(['MAPPING_INVALID', 'MAPPING_INVALID', 'ROW_INVALID']);
  const mapping = {
    workflow: 'desk',
    case: [{ column: 'id' }],
    events: [{ activity: { const: 'opened' }, time: { column: 'at#2', formats: ['dd.MM.yyyy'] } }],
  };
  const wrongColumn = { ...mapping, case: [{ column: 'nope' }] };
  const misfit = await it.post('/v1/dead-letters/redrive', { id: 'r1', mapping: wrongColumn });
  expect(misfit.body.results).toMatchObject([{ outcome: 'refused', code: 'MAPPING_INVALID' }]);
  expect(misfit.body.results[0]!.reason).toContain("no column 'nope'");
  await it.post('/v1/dead-letters/redrive', { mapping });
  expect(it.events.map(({ id }) => id.slice(32))).toEqual(['-1', '-2']);
  const elsewhere = await it.post('/v1/dead-letters/redrive', {
    id: 'r1',
    state: 'accepted',
    mapping: { ...mapping, workflow: 'no' },
  });
  expect(elsewhere.body.results).toMatchObject([{ code: 'WORKFLOW_UNKNOWN' }]);
});

test('a batch that fails half way is open still, and counts once when it is tried again', async () => {
  const it = await world();
  await it.post('/v1/events', { ...plain, workflow: 'sales' });
  it.workflows.set('sales', workflow('sales'));
  for (const step of ['append', 'tell'] as const) {
    it.fail = step;
    expect(await it.post('/v1/dead-letters/redrive', {})).toMatchObject({ status: 503, body: { code: 'LOG_FULL' } });
    it.fail = null;
    expect((await it.list()).open).toBe(1);
  }
  await it.post('/v1/dead-letters/redrive', {});
  expect((await it.list()).open).toBe(0);
  // Before the crash and after it: one import, one event.
  expect(it.events).toHaveLength(2);
  expect(new Set(it.events.map((event) => JSON.stringify({ ...event, value: null }))).size).toBe(1);
});

test('batches follow one another by id, whatever is marked meanwhile', async () => {
  const it = await world();
  const letters = Array.from({ length: 1_100 }, (_, i) => ({
    id: String(i).padStart(4, '0'),
    workflow: 'desk',
    source: 'http:json',
    code: 'EVENT_INVALID',
    reason: 'r',
    rawBase64: Buffer.from(JSON.stringify({ ...plain, id: `e${i}` })).toString('base64'),
  }));
  await it.keep(letters);
  const sizes: number[] = [];
  for (let after: string | null = ''; after !== null;) {
    const { body } = await it.post('/v1/dead-letters/redrive', { after });
    sizes.push(body.results.length);
    after = body.next;
  }
  expect(sizes).toEqual([500, 500, 100, 0]);
  expect(new Set(it.events.map(({ id }) => id)).size).toBe(1_100);
});

test('an event far ahead waits in quarantine, and comes in by itself once its time has come', async () => {
  const it = await world();
  const ahead = { ...plain, time: '2026-03-01T13:00:00Z', value: '1.50' };
  const { status, body } = await it.post('/v1/events', [ahead, { ...ahead, id: 'e2', time: '2036-03-01T13:00:00Z' }]);
  expect([status, it.events]).toEqual([400, []]);
  expect(body).toMatchObject({
    accepted: 0,
    rejected: [
      { code: 'EVENT_TOO_FAR_AHEAD', quarantined: true, releaseAt: '2026-03-01T12:50:00.000Z' },
      { code: 'EVENT_TOO_FAR_AHEAD', quarantined: true, releaseAt: '2036-03-01T12:50:00.000Z' },
    ],
  });
  expect(await it.list()).toMatchObject({ open: 2, quarantined: 2 });
  // A redrive that comes too early changes nothing of that.
  const early = await it.post('/v1/dead-letters/redrive', {});
  expect(early.body.results.map(({ code }) => code)).toEqual(['EVENT_TOO_FAR_AHEAD', 'EVENT_TOO_FAR_AHEAD']);
  expect(await it.list()).toMatchObject({ quarantined: 2 });
  it.clock.advance(HOUR_MS - 600_001);
  expect(await it.desk.releaseDue()).toBe(0);
  it.clock.advance(1);
  expect(await it.desk.releaseDue()).toBe(1);
  expect(await it.desk.releaseDue()).toBe(0);
  expect(it.events).toEqual([
    {
      workflow: 'desk',
      caseId: 'T-1',
      id: 'e1',
      kind: 'event',
      activity: 'opened',
      timeMs: Date.UTC(2026, 2, 1, 13),
      dimensions: {},
      value: { unscaled: 150n, scale: 2 },
      target: null,
      importId: null,
    },
  ]);
  expect(await it.list('?state=open')).toMatchObject({
    quarantined: 1,
    letters: [{ quarantine: { eventTime: '2036-03-01T13:00:00.000Z', releaseAt: '2036-03-01T12:50:00.000Z' } }],
  });
});

test('by hand: as it is, with another time, moved, or set aside', async () => {
  const it = await world();
  const time = '2036-03-01T13:00:00Z';
  await it.post(
    '/v1/events',
    [1, 2, 3, 4].map((n) => ({ ...plain, id: `e${n}`, time })),
  );
  const ids = (await it.list()).letters.map(({ id, text }) => [JSON.parse(text) as { id: string }, id] as const);
  const idOf = (n: number): string => ids.find(([{ id }]) => id === `e${n}`)![1];
  await it.post('/v1/dead-letters/release', { id: idOf(1) });
  await it.post('/v1/dead-letters/release', { id: idOf(2), time: '2026-03-01T11:00:00Z' });
  await it.post('/v1/dead-letters/release', { id: [idOf(3)], shift: '-3653d' });
  await it.post('/v1/dead-letters/reject', { id: idOf(4), reason: 'a test' });
  expect(it.events.map(({ id, timeMs, importId }) => [id, new Date(timeMs).toISOString(), importId])).toEqual([
    ['e1', '2036-03-01T13:00:00.000Z', null],
    ['e2', '2026-03-01T11:00:00.000Z', null],
    ['e3', '2026-03-01T13:00:00.000Z', null],
  ]);
  expect(await it.list('?state=rejected')).toMatchObject({
    open: 0,
    letters: [{ quarantine: null, last: { way: 'set_aside', outcome: 'rejected', reason: 'a test' } }],
  });
  // Set aside by mistake: it can be brought back.
  await it.post('/v1/dead-letters/release', { id: idOf(4), state: 'rejected' });
  expect(it.events).toHaveLength(4);
});

test.each([
  ['release', { time: '2026-03-01T11:00:00Z' }, /name it by its id/],
  ['release', { time: 'noon', id: 'a' }, /time: it must be a time/],
  ['release', { shift: '1 hour' }, /shift: it must be a duration/],
  ['release', { code: 'ROW_INVALID' }, /only letters with code EVENT_TOO_FAR_AHEAD/],
  ['release', { mapping: {} }, /mapping: it is unknown/],
  ['redrive', { state: 'shut' }, /state: it must be one of open/],
  ['redrive', { since: 'monday' }, /since: it must be a time/],
  ['redrive', { id: 5 }, /id: it must be an id/],
  ['redrive', [], /it must be an object/],
  ['reject', { reason: 5 }, /reason: it must be a text/],
])('%s %j is refused', async (action, body, says) => {
  const it = await world();
  const answer = await it.post(`/v1/dead-letters/${action}`, body);
  expect(answer).toMatchObject({ status: 400, body: { code: 'PARAMETER_INVALID' } });
  expect(answer.body.message).toMatch(says);
});
