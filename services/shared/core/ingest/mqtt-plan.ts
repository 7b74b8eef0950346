import { didYouMean, listed, type Path, Problems, type Problem } from '../catalogue/catalogue-problem.ts';
import { TaktError } from '../errors.ts';
import { type JsonMapping, topicLevelsOf } from './json-mapping.ts';
import { JSON_MAPPING_KEYS, OWN_FIELDS, readJsonMapping } from './json-mapping-read.ts';
import { readTopicPattern, TOPIC_ALLOWED, type TopicPattern } from './topic-pattern.ts';

/** What takt reads from an MQTT broker. */
export interface MqttPlan {
  /** `mqtt://HOST:PORT` or `mqtts://HOST:PORT`. */
  readonly broker: string;
  /** Names takt's session at the broker. */
  readonly client: string;
  /** The first that takes a topic reads its messages. */
  readonly sources: readonly MqttSource[];
}

/** Topics whose messages are read in one way. */
export interface MqttSource {
  readonly topic: TopicPattern;
  /** The workflow of all its events; null: each names its own, or there is only one. */
  readonly workflow: string | null;
  readonly mapping: JsonMapping;
  /** Named levels that are dimensions: those that no field of the mapping takes. */
  readonly dimensions: readonly string[];
  /** Whether an item without an id gets one from its content: so where the file does not say where ids stand. */
  readonly makesIds: boolean;
}

const KEYS = ['broker', 'client', 'sources'];
const SOURCE_KEYS = ['topic', ...JSON_MAPPING_KEYS];
const CLIENT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,64}$/;
const CLIENT_DEFAULT = 'takt';
/** Most sources of one file. */
const SOURCES_MAX = 1_000;
/** Reads a parsed MQTT file (docs/mqtt.md): the plan, or everything that is wrong with it. */
export function readMqttPlan(parsed: unknown): {
  readonly plan: MqttPlan | null;
  readonly problems: readonly Problem[];
} {
  const problems = new Problems();
  const map = fieldsOf(parsed, [], KEYS, 'the MQTT file', problems);
  if (map === null) return { plan: null, problems: problems.list };
  const client = map['client'] ?? CLIENT_DEFAULT;
  if (typeof client !== 'string' || !CLIENT.test(client))
    problems.add(['client'], 'client is no name of a session', 'letters, digits, . _ -, at most 65');
  const sources = map['sources'];
  if (!Array.isArray(sources) || sources.length === 0 || sources.length > SOURCES_MAX)
    problems.add(['sources'], 'sources is no list of sources', `1 to ${SOURCES_MAX} of { topic, workflow, … }`);
  const plan = {
    broker: readBroker(map['broker'], problems),
    client: client as string,
    sources: (Array.isArray(sources) ? sources : [])
      .map((source: unknown, i) => readSource(source, ['sources', i], problems))
      .filter((source) => source !== null),
  };
  return { plan: problems.list.length === 0 ? plan : null, problems: problems.list };
}

const BROKER_ALLOWED = 'mqtt://HOST:PORT, or mqtts://HOST:PORT with TLS';

function readBroker(value: unknown, problems: Problems): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^mqtts?:$/.test(url.protocol) || url.hostname === '') {
    problems.add(['broker'], value === undefined ? 'broker is missing' : 'broker is no address', BROKER_ALLOWED);
    return '';
  }
  if (url.username !== '' || url.password !== '') {
    const message = 'broker must not hold a user or password; set TAKT_MQTT_USER and TAKT_MQTT_PASSWORD';
    problems.add(['broker'], message, BROKER_ALLOWED);
  } else if (/^\/?$/.test(url.pathname) === false || url.search !== '' || url.hash !== '')
    problems.add(['broker'], 'broker has more than host and port; topics stand under sources', BROKER_ALLOWED);
  return `${url.protocol}//${url.host}`;
}

function readSource(value: unknown, path: Path, problems: Problems): MqttSource | null {
  const map = fieldsOf(value, path, SOURCE_KEYS, 'the source', problems);
  if (map === null) return null;
  const text = map['topic'];
  const topic = typeof text === 'string' ? readTopicPattern(text) : 'it is missing or no text';
  if (typeof topic === 'string') return problems.add([...path, 'topic'], `the topic: ${topic}`, TOPIC_ALLOWED);
  const workflow = map['workflow'] ?? null;
  if (workflow !== null && (typeof workflow !== 'string' || workflow === ''))
    return problems.add([...path, 'workflow'], 'workflow is no name', 'the name of a workflow of the catalogue');
  const { topic: _topic, ...fields } = map;
  const named = { ...OWN_FIELDS, ...fields, workflow: workflow === null ? 'workflow' : { const: workflow } };
  try {
    const mapping = readJsonMapping(named, topic.names);
    const taken = topicLevelsOf(mapping);
    return {
      topic,
      workflow,
      mapping,
      dimensions: topic.names.filter((name) => !taken.has(name)),
      makesIds: map['id'] === undefined,
    };
  } catch (error) {
    if (!(error instanceof TaktError)) throw error;
    return problems.add(path, error.message.replace(/\.$/, ''));
  }
}

function fieldsOf(
  value: unknown,
  path: Path,
  keys: readonly string[],
  what: string,
  problems: Problems,
): Readonly<Record<string, unknown>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return problems.add(path, `${what} is no map`, `a map of ${listed(keys)}`);
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    problems.addAtKey([...path, key], `unknown key '${key}' in ${what}${didYouMean(key, keys)}`, listed(keys));
  }
  return value as Readonly<Record<string, unknown>>;
}
