import { InvalidArgumentError, type Command, Option } from 'commander';

/** Options that every command on a data directory has. */
export interface CommonOptions {
  readonly data: string;
  /** Files and folders. */
  readonly catalogue?: readonly string[];
  readonly logLevel: string;
  readonly logLimit: number;
  /** A takt that runs elsewhere; absent: that of the data directory. */
  readonly url?: string;
  /** Folder of JSON mappings; only of `takt start`. */
  readonly mappings?: string;
  /** What is read from an MQTT broker, a file; only of `takt start`. */
  readonly mqtt?: string;
}

/** What --catalogue takes. */
export const CATALOGUE_HELP =
  'KPI catalogue, a file or a folder of them; may be given again (default: what the data directory was used with last, at first its catalogue.yaml and catalogue/)';

const GIB = 1024 ** 3;
/** Of --log-limit. */
export const LOG_LIMIT_DEFAULT_GIB = 8;

/**
 * Adds the options of a data directory to a command. `logLevel`: what it logs by default; a command that ends by itself
 * says what went wrong in its error.
 */
export function withDataOptions(command: Command, logLevel: 'info' | 'silent'): Command {
  return command
    .option('--data <dir>', 'data directory, made when missing', process.env['TAKT_DATA'] ?? 'data')
    .option('--catalogue <file>', CATALOGUE_HELP, collected)
    .option(
      '--log-limit <GiB>',
      'size of the log above which events are refused with 503',
      positive,
      LOG_LIMIT_DEFAULT_GIB,
    )
    .option('--log-level <level>', 'debug, info, warn, error or silent', logLevel);
}

/** Adds the file that says what is read from an MQTT broker. */
export function withMqttOption(command: Command): Command {
  const text = 'read events from an MQTT broker: which, and how, says this YAML file (docs/mqtt.md)';
  return command.addOption(new Option('--mqtt <file>', text).env('TAKT_MQTT'));
}

/** Adds the address of a takt that runs elsewhere: in a cluster `service` answers the command. */
export function withUrl(command: Command, service: string): Command {
  const text = `address of a takt that runs elsewhere (in a cluster its ${service}); TAKT_API_KEY is its key`;
  return command.addOption(new Option('--url <address>', text).env('TAKT_URL').argParser(address));
}

function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('It must begin with http:// or https://.');
  return url.href.replace(/\/$/, '');
}

/** An option that may be given several times. */
export function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

/** A number above zero. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

/** A whole number above zero. */
export function positiveWhole(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('It must be a whole number above 0.');
  return value;
}

/** A TCP port. */
export function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('It must be a whole number from 0 to 65535.');
  return value;
}

/** GiB as bytes. */
export function logLimitBytes(options: CommonOptions): number {
  return Math.round(options.logLimit * GIB);
}
