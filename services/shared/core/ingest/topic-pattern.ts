/** MQTT topics that a source takes, and which of their levels have a name. */
export interface TopicPattern {
  /** As it was written. */
  readonly text: string;
  /** What the broker is asked for: a named level is any level there. */
  readonly filter: string;
  /** Names of levels, in their order. */
  readonly names: readonly string[];
  readonly parts: readonly TopicPart[];
}

/** One level of a pattern; `rest` is every level from there on, also none. */
type TopicPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'rest' };

/** Most bytes of a topic, by the standard. */
const TOPIC_BYTES_MAX = 65_535;
const NAMED = /^\{([A-Za-z][A-Za-z0-9_-]{0,63})\}$/;
/** What a pattern may be, for messages. */
export const TOPIC_ALLOWED =
  'levels with / between: a text, + for any level, {name} for any level that gets a name, # at the end for all that follow';

/** Reads `line/{line}/+/events/#`; gives why it is no pattern as a text. */
export function readTopicPattern(text: string): TopicPattern | string {
  if (text === '') return 'it is empty';
  if (Buffer.byteLength(text) > TOPIC_BYTES_MAX) return `it has more than ${TOPIC_BYTES_MAX} bytes`;
  if (text.includes('\0')) return 'it holds a NUL character';
  if (text.startsWith('$share/'))
    return 'it is a shared subscription; what the broker keeps for a reader that is gone for good would be lost, so one takt reads them all';
  const parts: TopicPart[] = [];
  const names: string[] = [];
  const levels = text.split('/');
  for (const [i, level] of levels.entries()) {
    const [, name] = NAMED.exec(level) ?? [];
    if (name !== undefined) {
      if (names.includes(name)) return `it names two levels {${name}}`;
      names.push(name);
      parts.push({ kind: 'named', name });
    } else if (level === '+') parts.push({ kind: 'any' });
    else if (level === '#') {
      if (i !== levels.length - 1) return '# does not stand at its end';
      parts.push({ kind: 'rest' });
    } else if (/[+#{}]/.test(level)) return `the level '${level}' mixes text with + # { or }`;
    else parts.push({ kind: 'text', text: level });
  }
  const filter = parts.map((part) => (part.kind === 'text' ? part.text : part.kind === 'rest' ? '#' : '+')).join('/');
  return { text, filter, names, parts };
}

/** The named levels of a topic; null where the pattern does not take it. As a broker does it: no wildcard takes a first level that begins with `$`. */
export function matchTopic({ parts }: TopicPattern, topic: string): Readonly<Record<string, string>> | null {
  const levels = topic.split('/');
  if (topic.startsWith('$') && parts[0]!.kind !== 'text') return null;
  const named: [string, string][] = [];
  for (const [i, part] of parts.entries()) {
    if (part.kind === 'rest') return Object.fromEntries(named);
    const level = levels[i];
    if (level === undefined || (part.kind === 'text' && part.text !== level)) return null;
    if (part.kind === 'named') named.push([part.name, level]);
  }
  return levels.length === parts.length ? Object.fromEntries(named) : null;
}
