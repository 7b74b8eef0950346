import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

interface ComposeService {
  readonly build?: unknown;
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

const compose = parse(readFileSync('deploy/compose.yaml', 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, ComposeService>>;
};
const takt = Object.entries(compose.services).filter(([, { command }]) => command !== undefined);

/** What `takt COMMAND --help` says. */
function helpOf(command: string): string {
  return execFileSync(process.execPath, ['dist/services/cli/main.js', command, '--help'], { encoding: 'utf8' });
}

/** The value behind an option. */
function option(command: readonly string[], name: string): string | undefined {
  return command[command.indexOf(name) + 1];
}

describe('deploy/compose.yaml', () => {
  test('fits the Compose schema', () => {
    const text = readFileSync('node_modules/dclint/schemas/compose.schema.json', 'utf8');
    // It names its dialect in a way that ajv does not know.
    const schema = { ...(JSON.parse(text) as object), $schema: 'http://json-schema.org/draft-07/schema#' };
    const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    expect(validate(compose) ? [] : validate.errors).toEqual([]);
    expect(validate({ services: { a: { imag: 'b' } } })).toBe(false);
  });

  test('builds the image of takt once', () => {
    expect(takt.filter(([, { build }]) => build !== undefined).map(([name]) => name)).toEqual(['ingest']);
    expect(new Set(takt.map(([, { image }]) => image))).toEqual(new Set(['takt']));
  });

  test('runs every service of takt, each process under a name of its own', () => {
    const commands = takt.map(([, { command }]) => command!);
    expect(new Set(commands.map(([name]) => name))).toEqual(
      new Set(['ingest', 'processor', 'alerter', 'wallboard', 'scheduler']),
    );
    expect(new Set(commands.map((command) => option(command, '--instance'))).size).toBe(commands.length);
  });

  test.each(takt)('%s: options and variables that takt has, and a health check of its own port', (_name, service) => {
    const [command, ...words] = service.command!;
    const help = helpOf(command!);
    for (const word of words.filter((each) => each.startsWith('--'))) expect(help).toContain(word);
    const settings = readFileSync('services/cli/compose/cluster-settings.ts', 'utf8');
    const sources = `${help} ${settings} TAKT_API_KEY_HASH`;
    for (const name of Object.keys(service.environment!)) expect(sources).toContain(name);
    const port = option(service.command!, '--port')!;
    expect(service.healthcheck!.test.join(' ')).toContain(`127.0.0.1:${port}/healthz`);
  });

  test('Prometheus asks each of them, and its rules are about metrics that there are', () => {
    const config = parse(readFileSync('deploy/prometheus/prometheus.yml', 'utf8')) as {
      readonly scrape_configs: readonly {
        readonly static_configs: readonly { readonly targets: readonly string[] }[];
      }[];
    };
    const targets = config.scrape_configs.flatMap((job) => job.static_configs.flatMap((each) => each.targets));
    const expected = takt.map(([name, { command }]) => `${name}:${option(command!, '--port')}`);
    expect(targets.toSorted()).toEqual(expected.toSorted());
    const rules = readFileSync('deploy/prometheus/takt-rules.yml', 'utf8');
    const metrics = readFileSync('services/shared/runtime/metrics.ts', 'utf8');
    const named = [...rules.matchAll(/takt_([a-z_]+)/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(4);
    for (const name of named) expect(metrics).toContain(`'${name}'`);
  });
});
