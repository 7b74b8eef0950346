import { didYouMean, listed, type Path, type Problems } from './catalogue-problem.ts';
import { mapOf, textOf } from './catalogue-read.ts';
import type { Channel, SecretPlace } from '../notify/channel.ts';

const FORM = '{ webhook: { url: https://… } } or { log: {} }';
const SECRET_FORM = '{ env: NAME } or { file: PATH }';
/** Headers whose value is a secret by nature. */
const SECRET_HEADERS: readonly string[] = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key'];
/** Headers that the request itself sets. */
const RESERVED_HEADERS: readonly string[] = [
  'content-type',
  'content-length',
  'host',
  'transfer-encoding',
  'connection',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
];

/** The channels of a catalogue by name; one with a problem is left out. `path` is that of `channels`. */
export function readChannels(value: unknown, path: Path, problems: Problems): Map<string, Channel> {
  const channels = new Map<string, Channel>();
  for (const [name, entry] of Object.entries(mapOf(value) ?? {})) {
    const channel = readChannel(name, entry, [...path, name], problems);
    if (channel !== null) channels.set(name, channel);
  }
  return channels;
}

function readChannel(name: string, value: unknown, path: Path, problems: Problems): Channel | null {
  const map = mapOf(value);
  if (map === null) return null;
  const kinds = (['webhook', 'log'] as const).filter((kind) => map[kind] !== undefined);
  if (kinds.length !== 1)
    return problems.addAtKey(path, `the channel '${name}' must be of exactly one kind`, `exactly one of ${FORM}`);
  if (kinds[0] === 'log') return { kind: 'log', name };
  const webhook = mapOf(map['webhook']);
  if (webhook === null) return null;
  const here = [...path, 'webhook'];
  const url = readUrl(webhook['url'], [...here, 'url'], problems);
  const secret = webhook['secret'] === undefined ? null : secretOf(webhook['secret']);
  const headers = readHeaders(webhook['headers'], [...here, 'headers'], problems);
  const allowPrivate = webhook['allow_private'] === true;
  return url === null || headers === null ? null : { kind: 'webhook', name, url, secret, headers, allowPrivate };
}

function readUrl(value: unknown, path: Path, problems: Problems): string | null {
  const text = textOf(value);
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    return problems.add(path, `'${text}' is no address of a webhook`, 'an http or https URL');
  if (url.username !== '' || url.password !== '') {
    const message = 'the address holds a user name or password; secrets do not stand in the catalogue';
    return problems.add(path, message, `headers: { authorization: ${SECRET_FORM} }`);
  }
  return text;
}

/** The shape is checked by the schema; null where it is wrong. */
function secretOf(value: unknown): SecretPlace | null {
  const map = mapOf(value) ?? {};
  const [env, file] = [textOf(map['env']), textOf(map['file'])];
  if (env !== null) return { env };
  return file === null ? null : { file };
}

function readHeaders(
  value: unknown,
  path: Path,
  problems: Problems,
): Readonly<Record<string, string | SecretPlace>> | null {
  if (value === undefined) return {};
  const map = mapOf(value);
  if (map === null) return null;
  const headers: Record<string, string | SecretPlace> = {};
  let sound = true;
  for (const [name, entry] of Object.entries(map)) {
    const plain = textOf(entry);
    const header = plain ?? secretOf(entry);
    const lower = name.toLowerCase();
    if (RESERVED_HEADERS.includes(lower)) {
      problems.addAtKey([...path, name], `the header '${name}' is set by takt`, 'any other header');
      sound = false;
    } else if (plain !== null && SECRET_HEADERS.includes(lower)) {
      problems.add(
        [...path, name],
        `the header '${name}' is a secret and does not stand in the catalogue`,
        SECRET_FORM,
      );
      sound = false;
    } else if (header === null) sound = false;
    else headers[name] = header;
  }
  return sound ? headers : null;
}

/** The channels that a rule names; one that does not exist is a problem. */
export function readNotify(
  value: unknown,
  path: Path,
  channels: ReadonlySet<string>,
  problems: Problems,
): string[] | null {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return null;
  const names: string[] = [];
  let sound = true;
  for (const [index, entry] of (value as readonly unknown[]).entries()) {
    const name = textOf(entry);
    if (name !== null && channels.has(name)) names.push(name);
    else sound = false;
    if (name === null || channels.has(name)) continue;
    const legal = [...channels];
    problems.add([...path, index], `there is no channel '${name}'${didYouMean(name, legal)}`, listed(legal));
  }
  return sound ? names : null;
}
