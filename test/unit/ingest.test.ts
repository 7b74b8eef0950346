import { readdirSync, readFileSync } from 'node:fs';
import Fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import type { IngestDeps } from '../../services/ingest/context.ts';
import { registerIngest } from '../../services/ingest/routes.ts';
import { ManualClock } from '../../services/shared/adapters/clock/manual-clock.ts';
import type { Workflow } from '../../services/shared/core/catalogue/catalogue.ts';
import { TaktError } from '../../services/shared/core/errors.ts';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import { readJsonMapping } from '../../services/shared/core/ingest/json-mapping-read.ts';
import type { DeadLetter } from '../../services/shared/core/messages.ts';
import { hashKey } from '../../services/shared/runtime/api-key.ts';
import { Metrics } from '../../services/shared/runtime/metrics.ts';
import { dataSet, dataSetsMissing } from '../support/data-sets.ts';

const NOW_MS = Date.UTC(2026, 2, 1, 12);
const workflowOf = (name: string): Workflow => ({
  name,
  activities: ['opened', 'closed'],
  dimensions: ['team'],
  disorderMs: 0,
  idleTimeoutMs: 1,
  futureLimitMs: 600_000,
  retentionMs: null,
});

interface World {
  readonly app: FastifyInstance;
  readonly events: WorkflowEvent[];
  readonly letters: DeadLetter[];
  readonly brackets: unknown[][];
  readonly metrics: Metrics;
  readonly send: (
    body: unknown,
    options?: { type?: string; url?: string; headers?: Record<string, string> },
  ) => Promise<Answer>;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: {
    readonly code?: string;
    readonly message?: string;
    readonly accepted?: number;
    readonly rejected?: { readonly index: number }[];
  };
}

function world(names: readonly string[], deps: Partial<IngestDeps> = {}): World {
  const app = Fastify();
  const events: WorkflowEvent[] = [];
  const letters: DeadLetter[] = [];
  const brackets: unknown[][] = [];
  const metrics = new Metrics();
  registerIngest(app, {
    workflows: () => new Map(names.map((name) => [name, workflowOf(name)])),
    append: async (batch) => void events.push(...batch),
    deadLetter: async (batch) => void letters.push(...batch),
    importBracket: async (...bracket) => void brackets.push(bracket),
    mappings: new Map([
      [
        'jira',
        readJsonMapping({
          case: '/issue/key',
          activity: 'to.status',
          time: 'timestamp',
          timeFormat: 'epoch-ms',
          id: ['issue.key', 'n'],
          dimensions: { team: 'issue.team', site: { const: 'P1' } },
          value: 'issue.cost',
        }),
      ],
    ]),
    clock: new ManualClock(NOW_MS),
    metrics,
    keyHash: null,
    ...deps,
  });
  return {
    app,
    events,
    letters,
    brackets,
    metrics,
    async send(body, { type = 'application/json', url = '/v1/events', headers = {} } = {}) {
      const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
      const response = await app.inject({
        method: 'POST',
        url,
        payload,
        headers: { 'content-type': type, ...headers },
      });
      return { status: response.statusCode, headers: response.headers, body: response.json() };
    },
  };
}

const plain = { case: 'T-1', activity: 'opened', time: '2026-03-01T09:30:00Z', id: 'e1' };
const cloud = {
  specversion: '1.0',
  source: '/desk',
  type: 'opened',
  subject: 'T-1',
  time: '2026-03-01T09:30:00Z',
  id: 'e1',
};

test('plain JSON, one event and several, is accepted once the log has it', async () => {
  const { send, events, metrics } = world(['helpdesk']);
  expect(await send({ ...plain, value: '1.50', dimensions: { team: 'a' } })).toMatchObject({
    status: 202,
    body: { accepted: 1 },
  });
  expect(await send([plain, { ...plain, id: 2 }])).toMatchObject({ status: 202, body: { accepted: 2 } });
  expect(events[0]).toEqual({
    workflow: 'helpdesk',
    caseId: 'T-1',
    id: 'e1',
    kind: 'event',
    activity: 'opened',
    timeMs: Date.UTC(2026, 2, 1, 9, 30),
    dimensions: { team: 'a' },
    value: { unscaled: 150n, scale: 2 },
    target: null,
    importId: null,
  });
  expect(events.map(({ id }) => id)).toEqual(['e1', 'e1', '2']);
  expect(await metrics.text()).toContain('takt_events_accepted_total{workflow="helpdesk"} 3');
});

test('an activity that the catalogue does not list is accepted and counted', async () => {
  const { send, metrics } = world(['helpdesk']);
  const items = [plain, { ...plain, id: 'e2', activity: 'opned' }, { ...plain, id: 'e3', activity: 'void' }];
  expect((await send(items)).status).toBe(202);
  expect(await metrics.text()).toContain('takt_activities_unlisted_total{workflow="helpdesk"} 1\n');
});

test('CloudEvents come structured, in batches and binary', async () => {
  const { send, events } = world(['helpdesk']);
  await send(cloud, { type: 'application/cloudevents+json; charset=utf-8' });
  await send([{ ...cloud, id: 'e2' }], { type: 'application/cloudevents-batch+json' });
  const headers = {
    'ce-specversion': '1.0',
    'ce-source': '/desk',
    'ce-type': 'opened',
    'ce-subject': 'T%2D1',
    'ce-time': cloud.time,
    'ce-id': 'e3',
  };
  expect(await send({ value: 3 }, { headers })).toMatchObject({ status: 202 });
  expect(events.map(({ id, caseId }) => [id, caseId])).toEqual([
    ['5:/desk2:e1', 'T-1'],
    ['5:/desk2:e2', 'T-1'],
    ['5:/desk2:e3', 'T-1'],
  ]);
  expect(events[2]!.value).toEqual({ unscaled: 3n, scale: 0 });
  expect(await send('x', { type: 'text/plain', headers })).toMatchObject({
    status: 400,
    body: { code: 'BODY_INVALID' },
  });
  expect(await send(cloud, { type: 'application/cloudevents-batch+json' })).toMatchObject({ status: 400 });
});

test('a mapping reads the JSON of another system', async () => {
  const { send, events } = world(['helpdesk']);
  const item = {
    issue: { key: 'A-1', team: 'north', cost: 0.1 },
    to: { status: 'closed' },
    timestamp: 1_700_000_000_000,
    n: 7,
  };
  expect(await send(item, { url: '/v1/events?mapping=jira' })).toMatchObject({ status: 202 });
  expect(events[0]).toMatchObject({
    caseId: 'A-1',
    activity: 'closed',
    id: '3:A-11:7',
    timeMs: 1_700_000_000_000,
    dimensions: { team: 'north', site: 'P1' },
    value: { unscaled: 1n, scale: 1 },
  });
  expect(await send({ ...item, issue: {} }, { url: '/v1/events?mapping=jira' })).toMatchObject({
    body: { rejected: [{ field: '/issue/key' }] },
  });
  expect(await send(item, { url: '/v1/events?mapping=no' })).toMatchObject({
    status: 400,
    body: { code: 'MAPPING_INVALID' },
  });
});

test('the workflow comes from the query, else the item, else there is only one', async () => {
  const { send, events } = world(['helpdesk', 'sales']);
  await send(plain, { url: '/v1/events?workflow=sales' });
  await send({ ...cloud, workflow: 'helpdesk' }, { type: 'application/cloudevents+json' });
  expect(events.map(({ workflow }) => workflow)).toEqual(['sales', 'helpdesk']);
  expect(await send(plain)).toMatchObject({
    status: 400,
    body: { rejected: [{ code: 'WORKFLOW_UNKNOWN', field: 'workflow' }] },
  });
  const unknown = await send(plain, { url: '/v1/events?workflow=helpdeks' });
  expect(unknown).toMatchObject({ status: 404, body: { code: 'WORKFLOW_UNKNOWN' } });
  expect(unknown.body.message).toContain("did you mean 'helpdesk'");
});

test('rejected items are named and kept as sent; the others were appended', async () => {
  const { send, events, letters, metrics } = world(['helpdesk']);
  const text = `[${JSON.stringify(plain)}, {"case":"T-1","activity":"opened","time":"2026-03-01T09:30:00Z","id":"e2","value":1234567890123456}, 7, ${JSON.stringify({ ...plain, id: 'e4', time: '2026-03-01T12:10:00.001Z' })}, ${JSON.stringify({ ...plain, id: 'e5', time: '2026-03-01T12:10:00Z' })}]`;
  const answer = await send(text);
  expect(answer).toMatchObject({
    status: 400,
    body: {
      accepted: 2,
      rejected: [
        { index: 1, code: 'EVENT_INVALID', field: 'value', reason: expect.stringContaining('JSON string') as string },
        { index: 2, code: 'EVENT_INVALID', field: '' },
        { index: 3, code: 'EVENT_TOO_FAR_AHEAD', field: 'time', quarantined: true },
      ],
    },
  });
  expect(events.map(({ id }) => id)).toEqual(['e1', 'e5']);
  expect(letters.map(({ code }) => code)).toEqual(['EVENT_INVALID', 'EVENT_INVALID', 'EVENT_TOO_FAR_AHEAD']);
  expect(Buffer.from(letters[0]!.rawBase64, 'base64').toString()).toContain('"value":1234567890123456}');
  expect(letters[0]!.content).toBeUndefined();
  expect(letters[2]!.content).toMatchObject({ kind: 'event', eventKind: 'event', caseId: 'T-1', value: null });
  expect(await metrics.text()).toContain('takt_events_rejected_total{code="EVENT_INVALID"} 2');
});

test('a log that cannot take more answers 503 with Retry-After, an unknown failure 500 without a word of it', async () => {
  const full = world(['helpdesk'], {
    append: async () => Promise.reject(new TaktError('LOG_FULL', 'the log is full')),
  });
  const answer = await full.send(plain);
  expect(answer).toMatchObject({ status: 503, body: { code: 'LOG_FULL' } });
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  const broken = world(['helpdesk'], { append: async () => Promise.reject(new Error('secret detail')) });
  const internal = await broken.send(plain);
  expect(internal).toMatchObject({ status: 500, body: { code: 'INTERNAL' } });
  expect(JSON.stringify(internal.body)).not.toContain('secret');
});

test('above the most waiting requests the next is refused, and taken again when one has left', async () => {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => (open = resolve));
  const { send } = world(['helpdesk'], { append: () => gate, limits: { requestsMax: 2 } });
  const waiting = [send(plain), send(plain)];
  const refused = await send(plain);
  expect(refused).toMatchObject({ status: 503, body: { code: 'OVERLOADED' } });
  expect(refused.headers['retry-after']).toBeDefined();
  open();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([202, 202]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await send(plain)).toMatchObject({ status: 202 });
});

test('bodies beyond a limit, of another type or encoding, or none, are refused with a reason', async () => {
  const { send, events } = world(['helpdesk']);
  expect(await send(' '.repeat(1024 * 1024 + 1))).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
  expect(await send('{', {})).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
  expect(await send('')).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
  expect(await send(plain, { type: 'text/plain' })).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
  expect(await send(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({ status: 400, body: { code: 'BODY_INVALID' } });
  expect(await send(plain, { url: '/v1/events?workflo=x' })).toMatchObject({
    status: 400,
    body: { code: 'PARAMETER_INVALID' },
  });
  expect(events).toEqual([]);
});

test('with a key every route asks for it; without, only loopback is answered', async () => {
  const { send } = world(['helpdesk'], { keyHash: hashKey('k') });
  expect(await send(plain)).toMatchObject({ status: 401, body: { code: 'KEY_MISSING' } });
  expect(await send([], { url: '/v1/dead-letters' })).toMatchObject({ status: 401 });
  expect(await send(plain, { headers: { 'x-api-key': 'k' } })).toMatchObject({ status: 202 });
  expect(await world(['helpdesk']).send(plain, { headers: { host: 'evil.example' } })).toMatchObject({
    status: 400,
    body: { code: 'BIND_REFUSED' },
  });
});

test('an import comes in brackets, with its events and dead letters', async () => {
  const { send, events, brackets, letters } = world(['helpdesk']);
  const base = '/v1/imports/helpdesk/run-1';
  const event = {
    caseId: 'T-1',
    id: 'r1',
    kind: 'event',
    activity: 'opened',
    timeMs: 5,
    dimensions: { team: 'a' },
    value: '1.5',
    target: null,
  };
  await send('{}', { url: `${base}/begin` });
  expect(await send([event], { url: `${base}/events` })).toMatchObject({ status: 202, body: { accepted: 1 } });
  await send({ maxEventMs: 5 }, { url: `${base}/end` });
  expect(brackets).toEqual([
    ['helpdesk', 'run-1', 'begin', null],
    ['helpdesk', 'run-1', 'end', 5],
  ]);
  expect(events).toEqual([{ ...event, workflow: 'helpdesk', importId: 'run-1', value: { unscaled: 15n, scale: 1 } }]);
  expect(await send([{ ...event, timeMs: 1.5 }], { url: `${base}/events` })).toMatchObject({
    status: 400,
    body: { code: 'EVENT_INVALID' },
  });
  expect(await send([event], { url: '/v1/imports/no/run-1/events' })).toMatchObject({ status: 404 });
  const letter = { id: 'a', workflow: 'helpdesk', source: 's', code: 'ROW_INVALID', reason: 'r', rawBase64: '' };
  expect(await send([letter], { url: '/v1/dead-letters' })).toMatchObject({ status: 202 });
  expect(await send([{ ...letter, reason: 1 }], { url: '/v1/dead-letters' })).toMatchObject({ status: 400 });
  const content = { kind: 'csv', headers: ['a', 'b'], cells: ['1', '2'], ordinal: 2 };
  expect(await send([{ ...letter, content }], { url: '/v1/dead-letters' })).toMatchObject({ status: 202 });
  for (const wrong of [1, { ...content, cells: ['1'] }, { ...content, ordinal: 0 }, { kind: 'event' }])
    expect(await send([{ ...letter, content: wrong }], { url: '/v1/dead-letters' })).toMatchObject({ status: 400 });
  expect(letters).toEqual([letter, { ...letter, content }]);
});

const suite = dataSet('../badinput/JSONTestSuite/test_parsing');

describe.skipIf(dataSetsMissing)(
  `JSONTestSuite${dataSetsMissing === false ? '' : `: skipped, ${dataSetsMissing}`}`,
  () => {
    test.each(['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'])(
      'no file of it as %s gives a 5xx, and every invalid one a 4xx',
      async (type) => {
        const { send } = world(['helpdesk']);
        const wrong: string[] = [];
        for (const file of readdirSync(suite)) {
          const { status, body } = await send(readFileSync(`${suite}/${file}`), { type });
          if (status >= 500 || (file.startsWith('n_') && status < 400)) wrong.push(`${file} ${status}`);
          if (status >= 400 && (body.message ?? '') === '') wrong.push(`${file} has no reason`);
        }
        expect(wrong).toEqual([]);
      },
    );
  },
);
