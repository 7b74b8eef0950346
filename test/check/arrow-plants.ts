/** A file that breaks an arrow, and the rule that must say so. */
export interface Plant {
  readonly rule: string;
  readonly from: string;
  readonly source: string;
}

/** What the planted imports point at; nothing here breaks a rule by itself. */
export const TARGETS: Readonly<Record<string, string>> = {
  'services/shared/core/event.ts': 'export interface Event { readonly id: string }\nexport const LIMIT = 1;\n',
  'services/shared/ports/log.ts':
    "import type { Event } from '../core/event.ts';\nexport interface Log { add(event: Event): void }\n",
  'services/shared/runtime/fold.ts':
    "import { LIMIT } from '../core/event.ts';\nimport type { Log } from '../ports/log.ts';\nexport const fold = (log: Log): unknown => [log, LIMIT];\n",
  'services/shared/adapters/log/memory/log.ts':
    "import type { Log } from '../../../ports/log.ts';\nimport { fold } from '../../../runtime/fold.ts';\nexport const made = (log: Log): unknown => fold(log);\n",
  'services/shared/adapters/log/lmdb/log.ts': "import { open } from 'lmdb';\nexport const made = open;\n",
  'services/shared/helpers/text.ts': 'export const text = 1;\n',
  'services/ingest/server.ts': "import fastify from 'fastify';\nexport const server = fastify;\n",
  'services/processor/aggregate.ts':
    "import { fold } from '../shared/runtime/fold.ts';\nexport const aggregate = fold;\n",
  'services/processor/processor.ts': "import { aggregate } from './aggregate.ts';\nexport const main = aggregate;\n",
  'services/cli/main.ts':
    "import { made } from '../shared/adapters/log/memory/log.ts';\nexport const all = [made, import('./compose/standalone.ts')];\n",
  'services/cli/compose/standalone.ts':
    "import fastify from 'fastify';\nimport { server } from '../../ingest/server.ts';\nimport { main } from '../../processor/processor.ts';\nimport { made } from '../../shared/adapters/log/lmdb/log.ts';\nexport const all = [fastify, server, main, made];\n",
  'services/wallboard/server.ts': 'export const server = 1;\n',
  'services/wallboard/web/legal.ts':
    "import type { Event } from '../../shared/core/event.ts';\nexport type Shown = Event;\n",
  'services/cli/render.ts': "import { LIMIT } from '../shared/core/event.ts';\nexport const render = LIMIT;\n",
  'services/processor/cycle-b.ts': "import type { planted } from './cycle-a.ts';\nexport type Back = typeof planted;\n",
  'test/helper.ts': 'export const helper = 1;\n',
  'test/simulation/faults.ts':
    "import { fold } from '../../services/shared/runtime/fold.ts';\nexport const faults = fold;\n",
  'test/simulation/oracle-clean.ts': "import fc from 'fast-check';\nexport const oracle = fc;\n",
};

const MEMORY_LOG = 'shared/adapters/log/memory/log.ts';

/** One file each that must be refused by the named rule. */
export const PLANTS: readonly Plant[] = [
  ...['ports/log', 'runtime/fold', 'adapters/log/memory/log'].map((target) => ({
    rule: 'core-imports-nothing-of-ours',
    from: `services/shared/core/to-${target.split('/')[0]}.ts`,
    source: `import type * as x from '../${target}.ts';\nexport type X = typeof x;\n`,
  })),
  plant('core-imports-nothing-of-ours', 'services/shared/core/to-service.ts', '../../processor/aggregate.ts'),
  plant('core-does-no-io', 'services/shared/core/reads.ts', 'node:fs'),
  plant('core-does-no-io', 'services/shared/core/reads-promised.ts', 'node:fs/promises'),
  plant('core-does-no-io', 'services/shared/core/timers.ts', 'node:timers/promises'),
  plant('core-does-no-io', 'services/shared/core/bare-name.ts', 'process'),
  plant('core-uses-no-effect-library', 'services/shared/core/logs.ts', 'pino'),
  plant('ports-import-only-core', 'services/shared/ports/to-runtime.ts', '../runtime/fold.ts'),
  plant('ports-import-only-core', 'services/shared/ports/to-adapters.ts', '../adapters/log/memory/log.ts'),
  plant('ports-import-only-core', 'services/shared/ports/to-service.ts', '../../ingest/server.ts'),
  {
    rule: 'runtime-imports-only-core-and-ports',
    from: 'services/shared/runtime/to-adapters.ts',
    source: "export async function late(): Promise<unknown> {\n  return import('../adapters/log/memory/log.ts');\n}\n",
  },
  plant('runtime-imports-only-core-and-ports', 'services/shared/runtime/to-service.ts', '../../processor/aggregate.ts'),
  plant(
    'adapters-import-only-core-ports-runtime',
    'services/shared/adapters/log/to-service.ts',
    '../../../ingest/server.ts',
  ),
  plant('services-use-only-shared-layers', 'services/processor/drawer.ts', '../shared/helpers/text.ts'),
  ...['ingest', 'processor', 'alerter', 'wallboard', 'scheduler'].map((service) =>
    service === 'ingest'
      ? plant('services-never-import-one-another', 'services/ingest/other.ts', '../processor/aggregate.ts')
      : plant('services-never-import-one-another', `services/${service}/other.ts`, '../ingest/server.ts'),
  ),
  plant('services-never-import-one-another', 'services/alerter/main.ts', '../processor/aggregate.ts'),
  plant('services-never-import-one-another', 'services/scheduler/to-cli.ts', '../cli/render.ts'),
  plant('only-cli-main-imports-services', 'services/cli/start.ts', '../processor/aggregate.ts'),
  ...['ingest', 'processor', 'alerter', 'wallboard', 'scheduler', 'cli'].map((service) =>
    plant('only-main-imports-adapters', `services/${service}/picks.ts`, `../${MEMORY_LOG}`),
  ),
  ...['kafkajs', '@clickhouse/client', 'chdb', 'lmdb', 'mqtt'].map((driver) =>
    plant('drivers-only-in-adapters', `services/shared/runtime/${driver.replace(/\W/g, '-')}.ts`, driver),
  ),
  {
    rule: 'drivers-only-in-adapters',
    from: 'services/processor/driver-type.ts',
    source: "import type { RootDatabase } from 'lmdb';\nexport type Database = RootDatabase;\n",
  },
  plant('drivers-only-in-adapters', 'services/cli/chdb-path.ts', 'chdb/connection'),
  plant('fastify-only-in-http-services', 'services/processor/http.ts', 'fastify'),
  plant('fastify-only-in-http-services', 'services/cli/http.ts', 'fastify'),
  plant('fastify-only-in-http-services', 'services/shared/runtime/http.ts', '@fastify/sse'),
  plant('pages-import-only-types-of-core', 'services/wallboard/web/to-server.ts', '../server.ts'),
  plant('pages-are-browser-code', 'services/wallboard/to-web.ts', './web/legal.ts'),
  plant('services-never-import-tests', 'services/processor/to-test.ts', '../../test/helper.ts'),
  plant('oracle-imports-nothing-of-ours', 'test/simulation/oracle.ts', '../../services/shared/core/event.ts'),
  plant('oracle-imports-nothing-of-ours', 'test/simulation/oracle/deep.ts', '../faults.ts'),
  plant('oracle-imports-nothing-of-ours', 'test/simulation/alert/oracle-deep.ts', '../faults.ts'),
  plant('no-cycles', 'services/processor/cycle-a.ts', './cycle-b.ts'),
  plant('no-unresolvable', 'services/processor/lost.ts', './not-there.ts'),
];

function plant(rule: string, from: string, target: string): Plant {
  return { rule, from, source: `import * as x from '${target}';\nexport const planted = x;\n` };
}
