import { InvalidArgumentError, type Command } from 'commander';

/** Options that every command on a data directory has. */
export interface CommonOptions {
  readonly data: string;
  readonly catalogue?: string;
  readonly logLevel: string;
  readonly logLimit: number;
}

const GIB = 1024 ** 3;

/** Adds the options of a data directory to a command. */
export function withDataOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'data directory, made when missing', process.env['TAKT_DATA'] ?? 'data')
    .option('--catalogue <file>', 'KPI catalogue (default: catalogue.yaml in the data directory)')
    .option('--log-limit <GiB>', 'size of the log above which events are refused with 503', positive, 8)
    .option('--log-level <level>', 'debug, info, warn or error', 'info');
}

/** A number above zero. */
export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It must be a number above 0.');
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
