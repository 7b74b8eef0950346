import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readMqttSettings } from '../../services/cli/compose/mqtt-settings.ts';
import type { Workflow } from '../../services/shared/core/catalogue/catalogue.ts';
import type { MqttPlan } from '../../services/shared/core/ingest/mqtt-plan.ts';
import { loadCatalogue } from '../../services/shared/runtime/catalogue-file.ts';
import { loadMqttPlan } from '../../services/shared/runtime/mqtt-file.ts';
import { parse } from 'yaml';
import { temporaryDirectory } from '../support/embedded.ts';

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(() => folder.remove());

const WORKFLOW: Workflow = {
  name: 'line',
  activities: ['started', 'finished'],
  dimensions: ['line', 'station'],
  disorderMs: 0,
  idleTimeoutMs: 1,
  futureLimitMs: 600_000,
  retentionMs: null,
};

async function plan(text: string): Promise<MqttPlan> {
  const path = join(folder.path, 'mqtt.yaml');
  writeFileSync(path, text);
  return loadMqttPlan(path, { workflows: new Map([['line', WORKFLOW]]) });
}

test('broker and topics are enough: items are read as takt’s own plain JSON', async () => {
  const read = await plan('broker: mqtt://broker:1883\nsources:\n  - topic: line/{line}/{station}/events\n');
  expect(read).toMatchObject({ broker: 'mqtt://broker:1883', client: 'takt' });
  expect(read.sources).toHaveLength(1);
  expect(read.sources[0]).toMatchObject({ workflow: null, dimensions: ['line', 'station'], makesIds: true });
  expect(read.sources[0]!.mapping).toMatchObject({ case: [{ text: 'case' }], dimensions: { text: 'dimensions' } });
});

test('a source says where fields stand; a level that one of them takes is no dimension', async () => {
  const { client, sources } = await plan(`
broker: mqtts://broker
client: takt-hall-2
sources:
  - topic: line/{line}/{machine}
    workflow: line
    case: [{ topic: machine }, order]
    activity: { const: finished }
    id: [n]
    dimensions: { tool: head.tool }
`);
  expect(client).toBe('takt-hall-2');
  expect(sources[0]).toMatchObject({ workflow: 'line', dimensions: ['line'], makesIds: false });
  expect(sources[0]!.mapping.case).toEqual([
    { kind: 'topic', level: 'machine' },
    { kind: 'path', path: ['order'], text: 'order' },
  ]);
});

test('the examples of docs/mqtt.md are read, and fit the schema', async () => {
  const page = readFileSync('docs/mqtt.md', 'utf8');
  const [example, ...sources] = [...page.matchAll(/```yaml\n([^`]*)```/g)].map(([, text]) => text!);
  expect(sources.length).toBeGreaterThan(0);
  const whole = `${example}${sources.join('')}`;
  const path = join(folder.path, 'mqtt.yaml');
  writeFileSync(path, whole);
  const workflows = new Map([['production-line', { ...WORKFLOW, name: 'production-line' }]]);
  const read = await loadMqttPlan(path, { workflows });
  expect(read.sources).toHaveLength(2 + sources.length);
  const fits = new Ajv().compile(JSON.parse(readFileSync('schemas/mqtt.schema.json', 'utf8')) as object);
  expect(fits(parse(whole)), JSON.stringify(fits.errors)).toBe(true);
  expect(fits({ broker: 'mqtt://x', sources: [{ topic: 'a', cases: 'b' }] })).toBe(false);
});

test('the example is read with its catalogue', async () => {
  const example = 'examples/production-line';
  const catalogue = await loadCatalogue(`${example}/catalogue.yaml`, { calendarVersion: 'test' });
  const { sources } = await loadMqttPlan(`${example}/mqtt.yaml`, catalogue);
  expect(sources.map(({ dimensions }) => dimensions)).toEqual([['station'], ['station']]);
});

const SOURCE = 'sources: [{ topic: a }]\n';
test.each([
  ['no YAML', 'broker: [\n', /mqtt\.yaml:2:1: not YAML/],
  ['no broker', SOURCE, /mqtt\.yaml:1:1: broker is missing; allowed: mqtt:\/\/HOST:PORT/],
  ['another protocol', `broker: http://x\n${SOURCE}`, /mqtt\.yaml:1:9: broker is no address/],
  ['a password', `broker: mqtt://u:secret@x\n${SOURCE}`, /TAKT_MQTT_USER and TAKT_MQTT_PASSWORD/],
  ['topics in the address', `broker: mqtt://x/line\n${SOURCE}`, /more than host and port/],
  ['an unknown key', `broker: mqtt://x\nsorces: []\n${SOURCE}`, /mqtt\.yaml:2:1: .*did you mean 'sources'/],
  ['no sources', 'broker: mqtt://x\nsources: []\n', /sources is no list/],
  ['a wrong topic', 'broker: mqtt://x\nsources:\n  - topic: a/#/b\n', /mqtt\.yaml:3:12: the topic: # does not/],
  ['a wrong client', `broker: mqtt://x\nclient: a b\n${SOURCE}`, /mqtt\.yaml:2:9: client is no name/],
  ['an unknown workflow', 'broker: mqtt://x\nsources: [{ topic: a, workflow: lines }]\n', /did you mean 'line'/],
  [
    'an unknown level',
    'broker: mqtt://x\nsources: [{ topic: "a/{b}", case: { topic: c } }]\n',
    /the topic names b, not "c"/,
  ],
  ['a wrong zone', 'broker: mqtt://x\nsources: [{ topic: a, zone: Mars }]\n', /zone: it must be an IANA name/],
  ['a zone of epochs', 'broker: mqtt://x\nsources: [{ topic: a, zone: UTC, timeFormat: epoch-ms }]\n', /have none/],
])('%s is refused with its place', async (_name, text, message) => {
  const error = await plan(text).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'MQTT_INVALID', message: expect.stringMatching(message) as string });
  expect((error as Error).message).not.toContain('secret');
});

const PLAN = 'broker: mqtts://broker\nsources: [{ topic: "a/{b}" }, { topic: a/+ }, { topic: c }]\n';

test('user, password and certificates come from the environment; a filter is asked for once', async () => {
  const [secret, pem] = ['secret', 'ca.pem'].map((name) => join(folder.path, name)) as [string, string];
  writeFileSync(secret, 'not-a-secret\n');
  writeFileSync(pem, 'PEM');
  const environment = { TAKT_MQTT_USER: 'takt', TAKT_MQTT_PASSWORD_FILE: secret, TAKT_MQTT_CA: pem };
  expect(readMqttSettings(await plan(PLAN), environment)).toMatchObject({
    protocol: 'mqtts',
    host: 'broker',
    port: 8883,
    clientId: 'takt',
    username: 'takt',
    password: 'not-a-secret',
    tls: { ca: 'PEM' },
    filters: ['a/+', 'c'],
  });
  const plain = await plan(`broker: mqtt://[::1]:1884\n${SOURCE}`);
  expect(readMqttSettings(plain, {})).toMatchObject({ protocol: 'mqtt', host: '::1', port: 1884 });
});

test.each([
  ['mqtts://x', { TAKT_MQTT_PASSWORD: 'secret' }, /TAKT_MQTT_USER/],
  ['mqtt://x', { TAKT_MQTT_CA: 'package.json' }, /write mqtts:\/\//],
  ['mqtts://x', { TAKT_MQTT_CERT: 'package.json' }, /one is set/],
  ['mqtts://x', { TAKT_MQTT_CA: 'nowhere.pem' }, /TAKT_MQTT_CA names nowhere\.pem/],
])('%s with %o is refused', async (broker, environment, message) => {
  const read = await plan(`broker: ${broker}\n${SOURCE}`);
  expect(() => readMqttSettings(read, environment)).toThrow(message);
});
