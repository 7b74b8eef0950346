import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { TaktError } from '../../shared/core/errors.ts';
import { readKeyHash } from '../../shared/runtime/api-key.ts';
import { catalogueSignature } from '../../shared/runtime/file-signature.ts';
import type { ServiceName, Wiring } from '../wiring.ts';
import { filesOf } from './session.ts';
import { CATALOGUE_HELP, collected, port, positiveWhole, withMqttOption } from './options.ts';

/** Where each service listens unless told otherwise. */
const PORTS: Readonly<Record<ServiceName, number>> = {
  wallboard: 8040,
  ingest: 8041,
  processor: 8042,
  alerter: 8043,
  scheduler: 8044,
};

const DESCRIPTIONS: Readonly<Record<ServiceName, string>> = {
  ingest: 'take events over HTTP into Kafka',
  processor: 'compute KPIs from events, as one of its group',
  alerter: 'apply rules to KPIs and notify, as one of its group',
  wallboard: 'serve screens, pages and the API',
  scheduler: 'run jobs at their times',
};

const HELP = `
One process of a cluster: it meets the others in Kafka and ClickHouse (docs/cluster.md, also for TLS, SASL, passwords
and every variable). Start as many as you like of each; partitions are shared out by their names. What it needs and does
not find is waited for. Ctrl-C or SIGTERM stops it; nothing accepted is lost. /healthz, /readyz and /metrics tell how it is.
`;

/** What a service's command is given. */
export interface ServeCommandOptions {
  readonly log: string;
  readonly store: string;
  readonly registry?: string;
  readonly catalogue: readonly string[];
  readonly partitions?: number;
  readonly instance?: string;
  readonly mappings?: string;
  readonly mqtt?: string;
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly heartbeatUrl?: string;
  readonly heartbeatSchedule?: string;
}

/** Where a cluster meets, as options of a command. */
export function withClusterOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--log <url>', 'kafka://HOST:PORT, several with commas between').env('TAKT_LOG').makeOptionMandatory(),
    )
    .addOption(
      new Option('--store <url>', 'http://HOST:PORT/DATABASE of ClickHouse').env('TAKT_STORE').makeOptionMandatory(),
    );
}

/** Adds the command of each service. */
export function addServices(root: Command, wiring: Wiring): void {
  for (const service of Object.keys(PORTS) as ServiceName[]) {
    const command = withClusterOptions(root.command(service).description(DESCRIPTIONS[service]))
      .addOption(
        new Option(
          '--registry <url>',
          'a Confluent-compatible schema registry (default: the schemas that takt comes with)',
        ).env('TAKT_REGISTRY'),
      )
      .addOption(
        new Option('--catalogue <file>', CATALOGUE_HELP.split(' (default')[0]!)
          .env('TAKT_CATALOGUE')
          .argParser(collected)
          .makeOptionMandatory(),
      )
      .addOption(
        new Option('--partitions <number>', 'partitions per topic of a new cluster (default: 12)')
          .env('TAKT_PARTITIONS')
          .argParser(positiveWhole),
      )
      .addOption(
        new Option('--instance <name>', 'name of this process, no other may have it (default: service@HOST:PORT)').env(
          'TAKT_INSTANCE',
        ),
      )
      .option('--host <address>', 'address to listen on; any but loopback needs a key', '127.0.0.1')
      .option('--port <number>', 'port to listen on, 0 for any', port, PORTS[service])
      .option('--log-level <level>', 'debug, info, warn, error or silent', 'info')
      .addHelpText('after', HELP);
    if (service === 'ingest')
      withMqttOption(command).option('--mappings <folder>', 'JSON mappings for POST /v1/events?mapping=NAME');
    if (service === 'scheduler') withHeartbeatOptions(command);
    command.action((options: ServeCommandOptions) => serve(wiring, service, options));
  }
}

/** When beats are sent and who is told, as options of a command. */
export function withHeartbeatOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--heartbeat-url <url>',
        'told of every beat that came through takt, and when none does: healthchecks.io or the like (docs/heartbeat.md)',
      ).env('TAKT_HEARTBEAT_URL'),
    )
    .addOption(
      new Option('--heartbeat-schedule <cron>', 'when beats are sent, at least 5 s apart')
        .env('TAKT_HEARTBEAT_SCHEDULE')
        .default('* * * * *'),
    );
}

async function serve(wiring: Wiring, service: ServiceName, options: ServeCommandOptions): Promise<void> {
  const stopping = new AbortController();
  process.once('SIGTERM', () => stopping.abort('SIGTERM'));
  process.once('SIGINT', () => stopping.abort('SIGINT'));
  const keyHash = readKeyHash(process.env['TAKT_API_KEY_HASH']);
  const { heartbeatSchedule, heartbeatUrl, registry } = options;
  const instance = options.instance ?? `${service}@${hostname()}:${options.port}`;
  if (!/^[\w.:@-]{1,100}$/.test(instance))
    throw new TaktError('USAGE', `--instance ${JSON.stringify(instance)}: letters, digits and . : @ - _, at most 100.`);
  const files = filesOf(wiring, options.catalogue, await catalogueSignature(options.catalogue));
  const { catalogue, screens } = await files.load();
  await wiring.serve(service, {
    place: { log: options.log, store: options.store, ...(registry === undefined ? {} : { registry }) },
    catalogue,
    screens,
    files,
    mappings: options.mappings === undefined ? new Map() : await wiring.loadMappings(options.mappings),
    mqtt: options.mqtt === undefined ? null : await wiring.loadMqtt(options.mqtt, catalogue),
    instance,
    partitions: options.partitions ?? null,
    host: options.host,
    port: options.port,
    keyHash,
    logLevel: options.logLevel,
    heartbeat: heartbeatSchedule === undefined ? null : wiring.readHeartbeat(heartbeatSchedule, heartbeatUrl ?? null),
    stopping: stopping.signal,
    onListening: (url) => process.stderr.write(`takt ${service} (${instance}) at ${url}\n`),
  });
  process.stderr.write(`takt ${service}: stopped; everything that was accepted is stored or in the log.\n`);
}
