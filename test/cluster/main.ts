import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareDemo } from '../../services/cli/demo/demo-directory.ts';
import { startFeeder } from '../../services/cli/demo/start-feeder.ts';
import { LocalCluster, type Service } from './local-cluster.ts';

const HELP = `npm run cluster [-- options]: Kafka, a store, a schema registry and takt's services on this machine

  --demo              feed the demonstration's simulators into it
  --catalogue FILE    KPI catalogue, a file or folder; may be given again (default: the demonstration's)
  --data DIR          where data and logs are kept (default: cluster-data)

The store is chDB behind an HTTP interface of ours: for development, not for production. Ctrl-C stops everything.
`;
const PORTS = { broker: 9092, store: 8123, registry: 8081 } as const;
const SERVICE_PORTS = { wallboard: 8040, ingest: 8041, processor: 8042, alerter: 8043, scheduler: 8044 } as const;
const WORKFLOWS = ['production-line', 'helpdesk', 'sales'];

const { values } = parseArgs({
  options: {
    demo: { type: 'boolean', default: false },
    catalogue: { type: 'string', multiple: true },
    data: { type: 'string', default: 'cluster-data' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const startMs = Date.now();
  const folder = resolve(values.data);
  const demoPath = join(folder, 'demo');
  const state =
    values.demo || values.catalogue === undefined ? await prepareDemo(demoPath, 'examples', Date.now()) : null;
  const catalogue = values.catalogue ?? [join(demoPath, 'catalogue')];
  const stopping = new Promise<void>((done) => {
    process.once('SIGTERM', () => done());
    process.once('SIGINT', () => done());
  });
  say(`starting Kafka, store and registry (${cpus().length} processors) …`);
  const cluster = await LocalCluster.start({
    folder,
    catalogue,
    registry: true,
    ports: { ...PORTS, ...SERVICE_PORTS },
  });
  try {
    for (const service of Object.keys(SERVICE_PORTS) as Service[]) await cluster.run(service);
    await cluster.ready();
    const urlOf = (service: Service): string => cluster.services.get(service)!.url;
    say(`ready after ${((Date.now() - startMs) / 1_000).toFixed(1)} s`);
    for (const [name, { url }] of cluster.services) say(`  ${name.padEnd(10)} ${url}`);
    say(`  broker     ${cluster.broker.address}`);
    say(`  store      ${cluster.storeUrl}`);
    say(`  logs       ${join(folder, 'logs')}`);
    say(`  status     TAKT_URL=${urlOf('wallboard')} npx takt status`);
    const feeder =
      values.demo && state !== null
        ? startFeeder({ url: urlOf('ingest'), dataPath: demoPath, state, examples: 'examples', workflows: WORKFLOWS })
        : null;
    if (feeder !== null) for (const name of WORKFLOWS) say(`  screen     ${urlOf('wallboard')}/screens/${name}`);
    const ended = [...cluster.services].map(async ([name, { process: child }]) => {
      const code = await child.ended();
      return `${name} ended with ${code}: see ${child.logPath}`;
    });
    const reason = await Promise.race([stopping, ...ended]);
    if (reason !== undefined) say(reason);
    await feeder?.stop();
  } finally {
    say('stopping …');
    await cluster.stop();
  }
  say('stopped');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
