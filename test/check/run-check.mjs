// `npm run check`: every check in turn, up to the first that fails. Plain JavaScript: Node 20 runs no TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

const STEPS = [
  { script: 'check:types', title: 'types' },
  { script: 'check:lint', title: 'lint' },
  { script: 'check:format', title: 'format' },
  { script: 'check:arrows', title: 'arrows between folders' },
  { script: 'check:dead-code', title: 'dead code', skip: whyNoDeadCode },
  { script: 'check:schemas', title: 'schema compatibility', skip: whyNoSchemas },
  { script: 'check:self', title: 'planted violations are refused' },
];

/** Dead code is what no entry reaches; before there is an entry, everything would be dead. */
function whyNoDeadCode() {
  const mains = readdirSync(join(root, 'services')).some((name) => existsSync(join(root, 'services', name, 'main.ts')));
  return mains ? null : 'no services/*/main.ts yet';
}

/** Where there are schemas, their check is not optional. */
function whyNoSchemas() {
  const schemas = readdirSync(join(root, 'schemas'), { recursive: true, encoding: 'utf8' });
  return schemas.some((file) => file.endsWith('.avsc')) ? null : 'no schemas/*.avsc yet';
}

const startMs = Date.now();
for (const [index, { script, title, skip }] of STEPS.entries()) {
  const headline = `check ${index + 1}/${STEPS.length}: ${title}`;
  const reason = skip?.() ?? null;
  if (reason !== null) {
    console.log(`\n=== ${headline} === skipped: ${reason}`);
    continue;
  }
  console.log(`\n=== ${headline} ===`);
  const { status } = spawnSync('npm', ['run', '--silent', script], { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`\n=== ${headline} FAILED === see above; run it alone with: npm run ${script}`);
    process.exit(1);
  }
}
console.log(`\n=== all checks passed in ${Math.round((Date.now() - startMs) / 1000)} s ===`);
