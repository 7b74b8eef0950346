import { ClickHouseEndpoint } from '../support/clickhouse-endpoint.ts';

// One process: chDB with ClickHouse's HTTP interface in front of it. Arguments: the data's folder, the port.
const [path, port] = process.argv.slice(2);
const endpoint = await ClickHouseEndpoint.start(path!, { port: Number(port) });
process.stdout.write(`${endpoint.url}\n`);
process.once('SIGTERM', () => void endpoint.stop().then(() => process.exit(0)));
