import { type Logger, pino } from 'pino';

/** Names of fields that hold a secret, wherever in the first three levels of a record they stand. */
const SECRET_FIELDS = [
  'key',
  'apiKey',
  'keyHash',
  'secret',
  'password',
  'token',
  'authorization',
  'cookie',
  '["x-api-key"]',
];
const REDACTED = SECRET_FIELDS.flatMap((field) => {
  const below = field.startsWith('[') ? field : `.${field}`;
  return [field, `*${below}`, `*.*${below}`];
});

export interface LoggerOptions {
  /** trace, debug, info, warn, error, fatal or silent. */
  readonly level: string;
  /** JSON lines; false: one line for people. */
  readonly json: boolean;
  /** Takes each line with its line feed; stderr where it is absent. */
  readonly write?: (line: string) => void;
}

/** A logger whose records never show what stands in a field named like a secret. */
export function createLogger({ level, json, write }: LoggerOptions): Logger {
  const out = write ?? ((line: string): void => void process.stderr.write(line));
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: REDACTED, censor: '[hidden]' } },
    { write: (line: string) => out(json ? line : humanLine(line)) },
  );
}

const OWN_FIELDS = new Set(['level', 'time', 'msg', 'err', 'v']);

/** `09:30:00.000 WARN  message key=value`; control characters shown escaped, so that a record is one line. */
function humanLine(line: string): string {
  const record = JSON.parse(line) as Record<string, unknown> & { level: number; time: string; msg?: string };
  const level = (pino.levels.labels[record.level] ?? String(record.level)).toUpperCase().padEnd(5);
  const err = record['err'] as { type?: string; message?: string } | undefined;
  const fields = Object.entries(record)
    .filter(([name]) => !OWN_FIELDS.has(name))
    .map(
      ([name, value]) =>
        `${name}=${typeof value === 'string' && /^[\w./:+-]+$/.test(value) ? value : JSON.stringify(value)}`,
    );
  const error = err === undefined ? [] : [`${err.type ?? 'Error'}: ${err.message ?? ''}`];
  const text = [record.msg ?? '', ...fields, ...error].join(' ');
  return `${record.time.slice(11, 23)} ${level} ${escapeControls(text)}\n`;
}

function escapeControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
