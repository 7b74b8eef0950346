import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
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

/** Why Prometheus' own check of its files cannot run here; false where it can. */
const promtoolMissing = missingPromtool();

/** Under CI it has to be there. */
function missingPromtool(): string | false {
  if (spawnSync('promtool', ['--version']).status === 0) return false;
  const why = 'promtool is not installed: apt-get install prometheus';
  if (process.env['CI'] === 'true') throw new Error(why);
  return why;
}

/** Runs promtool; gives what it says where it finds something wrong, else nothing. */
function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return status === 0 ? '' : `${stdout}${stderr}`;
}

/** One series from minute 0 on, and the alerts of the name `alertname` that fire at a minute. */
interface RuleCase {
  readonly series: string;
  readonly values: string;
  readonly minute: number;
  readonly alertname: string;
  readonly fires: boolean;
}

const RULE_CASES: readonly RuleCase[] = [
  { series: 'up{job="takt"}', values: '1x5 0x9', minute: 8, alertname: 'TaktProcessDown', fires: true },
  { series: 'takt_heartbeat_stopped', values: '0x9 1x3', minute: 11, alertname: 'TaktLineStopped', fires: true },
  { series: 'takt_lag_records{stage="a"}', values: '20000+10x60', minute: 30, alertname: 'TaktBehind', fires: true },
  { series: 'takt_lag_records{stage="a"}', values: '90000-900x60', minute: 30, alertname: 'TaktBehind', fires: false },
  {
    series: 'takt_errors_total{code="STORE_FAILED"}',
    values: '1+1x60',
    minute: 9,
    alertname: 'TaktFailing',
    fires: true,
  },
  {
    series: 'takt_errors_total{code="KEY_WRONG"}',
    values: '1+1x60',
    minute: 9,
    alertname: 'TaktFailing',
    fires: false,
  },
  { series: 'takt_dead_letters_total', values: '_x9 1x60', minute: 12, alertname: 'TaktDeadLetters', fires: true },
  { series: 'takt_dead_letters_total', values: '_x9 1x60', minute: 40, alertname: 'TaktDeadLetters', fires: false },
  { series: 'takt_dead_letters_total', values: '1x20 2x60', minute: 25, alertname: 'TaktDeadLetters', fires: true },
];

describe.skipIf(promtoolMissing !== false)(
  `Prometheus${promtoolMissing === false ? '' : `: ${promtoolMissing}`}`,
  () => {
    const rulesPath = resolve('deploy/prometheus/takt-rules.yml');

    /** What `work` gives in a folder of its own. */
    function inFolder<T>(work: (folder: string) => T): T {
      const folder = mkdtempSync(join(tmpdir(), 'takt-prometheus-'));
      try {
        return work(folder);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }

    test('takes its configuration and the rules', () => {
      const said = inFolder((folder) => {
        const key = join(folder, 'key');
        writeFileSync(key, 'a key');
        const config = readFileSync('deploy/prometheus/prometheus.yml', 'utf8')
          .replace('/run/secrets/takt-api-key', key)
          .replace('takt-rules.yml', rulesPath);
        writeFileSync(join(folder, 'prometheus.yml'), config);
        return promtool('check', 'config', join(folder, 'prometheus.yml'));
      });
      expect(said).toBe('');
    });

    test.each(RULE_CASES)('$alertname over $series $values: $fires', ({ series, values, minute, alertname, fires }) => {
      const count = `count(ALERTS{alertname="${alertname}",alertstate="firing"})`;
      const samples = fires ? [{ labels: '{}', value: 1 }] : [];
      const cases = {
        rule_files: [rulesPath],
        tests: [
          {
            interval: '1m',
            input_series: [{ series, values }],
            promql_expr_test: [{ expr: count, eval_time: `${minute}m`, exp_samples: samples }],
          },
        ],
      };
      const said = inFolder((folder) => {
        writeFileSync(join(folder, 'cases.yml'), JSON.stringify(cases));
        return promtool('test', 'rules', join(folder, 'cases.yml'));
      });
      expect(said).toBe('');
    });
  },
);

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
