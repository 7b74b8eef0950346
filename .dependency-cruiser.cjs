// The arrows between folders (ARCHITECTURE.md). test/check/arrows.test.ts plants a violation of every rule below and
// fails when one is not refused, or when a rule has no planted violation.

const DRIVERS = '(^|node_modules/)(kafkajs|@clickhouse/client|@clickhouse/client-common|chdb|lmdb|mqtt)(/|$)';
const HTTP = '(^|node_modules/)(fastify|@fastify/[^/]+)(/|$)';
// Node's modules that give the same for the same input; of crypto, lint admits createHash alone.
const PURE_BUILTINS = '^(node:)?(buffer|crypto|util|assert)$';
const EFFECT_LIBRARIES = '(^|node_modules/)(pino|prom-client|commander|cli-progress|node-cron|nodemailer)(/|$)';

/** A layer of services/shared may import itself and the named layers, and nothing else of ours. */
function layer(name, from, allowed, comment) {
  return {
    name,
    comment,
    severity: 'error',
    from: { path: `^services/shared/${from}/` },
    to: { path: '^(services|test)/', pathNot: `^services/shared/(${[from, ...allowed].join('|')})/` },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    layer('core-imports-nothing-of-ours', 'core', [], 'core is the bottom: it knows no other folder.'),
    {
      name: 'core-does-no-io',
      comment:
        'core is pure: no files, sockets, processes, timers, logs or metrics. Take what is needed as an argument.',
      severity: 'error',
      from: { path: '^services/shared/core/' },
      to: { dependencyTypes: ['core'], pathNot: PURE_BUILTINS },
    },
    {
      name: 'core-uses-no-effect-library',
      comment: 'core is pure: libraries that log, count, print, schedule or send belong into runtime or an adapter.',
      severity: 'error',
      from: { path: '^services/shared/core/' },
      to: { path: EFFECT_LIBRARIES },
    },
    layer('ports-import-only-core', 'ports', ['core'], 'A port is an interface in the words of core.'),
    layer(
      'runtime-imports-only-core-and-ports',
      'runtime',
      ['core', 'ports'],
      'The runtime sees ports; a main.ts hands it the adapters.',
    ),
    layer(
      'adapters-import-only-core-ports-runtime',
      'adapters',
      ['core', 'ports', 'runtime'],
      'An adapter fulfils a port; it knows no service.',
    ),
    {
      name: 'services-use-only-shared-layers',
      comment: 'shared/ has four layers: core, ports, runtime, adapters. Put the file into the one it belongs to.',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^services/shared/', pathNot: '^services/shared/(core|ports|runtime|adapters)/' },
    },
    {
      name: 'services-never-import-one-another',
      comment: 'Services meet in the log. Only services/cli/compose composes them into processes.',
      severity: 'error',
      from: { path: '^services/(?!shared/|cli/)([^/]+)/' },
      to: { path: '^services/(?!shared/)', pathNot: '^services/$1/' },
    },
    {
      name: 'only-cli-main-imports-services',
      comment: 'The rest of the command line goes over HTTP or through what its main.ts hands it.',
      severity: 'error',
      from: { path: '^services/cli/', pathNot: '^services/cli/(main\\.ts$|compose/)' },
      to: { path: '^services/(?!shared/|cli/)' },
    },
    {
      name: 'only-main-imports-adapters',
      comment: 'A service sees ports. Only main.ts and services/cli/compose pick adapters.',
      severity: 'error',
      from: { path: '^services/(?!shared/)', pathNot: '^services/cli/(main\\.ts$|compose/)' },
      to: { path: '^services/shared/adapters/' },
    },
    {
      name: 'drivers-only-in-adapters',
      comment: 'kafkajs, @clickhouse/client, chdb, lmdb and mqtt stay behind a port.',
      severity: 'error',
      // Tests of what an adapter leaves on disk may open it with the driver.
      from: { pathNot: '^(services/shared/adapters|test/(contract|e2e|bench)|node_modules)/' },
      to: { path: DRIVERS },
    },
    {
      name: 'fastify-only-in-http-services',
      comment:
        'Only ingest and wallboard speak HTTP; services/cli/compose joins them, and gives the others their probes.',
      severity: 'error',
      from: { pathNot: '^(services/(ingest|wallboard)/|services/cli/compose/|test/|node_modules/)' },
      to: { path: HTTP },
    },
    {
      name: 'pages-import-only-types-of-core',
      comment: 'Browser code runs in the browser: of core it knows types alone (test/check/conventions).',
      severity: 'error',
      from: { path: '^services/wallboard/web/' },
      to: { path: '^(services|test)/', pathNot: '^services/(wallboard/web|shared/core)/' },
    },
    {
      name: 'pages-are-browser-code',
      comment: 'What takt runs on imports nothing that runs in a browser.',
      severity: 'error',
      from: { path: '^services/', pathNot: '^services/wallboard/web/' },
      to: { path: '^services/wallboard/web/' },
    },
    {
      name: 'services-never-import-tests',
      comment: 'Production code does not depend on tests.',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^test/' },
    },
    {
      name: 'oracle-imports-nothing-of-ours',
      comment:
        'An oracle that shares code with what it judges shares its mistakes. That holds through other files too.',
      severity: 'error',
      from: { path: '^test/simulation/(alert/)?oracle' },
      to: { path: '^services/', reachable: true },
    },
    {
      name: 'no-cycles',
      comment: 'Move what both need into a third file.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that cannot be found is an arrow that nobody checks.',
      severity: 'error',
      // chdb is optional: where it is not installed, standalone mode asks for it by name.
      from: { path: '^(services|test)/' },
      to: { couldNotResolve: true, pathNot: '^chdb(/|$)' },
    },
  ],
  options: {
    // With typescript 7 the default parser analyses nothing and passes; swc reads the files, types included.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    // It has swc read no JSX; test/check/conventions.test.ts holds what those files may import.
    exclude: { path: ['^(dist|data|coverage)/', '[.]tsx$'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
