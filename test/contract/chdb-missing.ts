import { createRequire } from 'node:module';

/** Why the tests on chDB are skipped, or false. Under CI they never are: they fail instead. */
export const chdbMissing: string | false = why();

function why(): string | false {
  if (process.env['CI'] === 'true') return false;
  try {
    createRequire(import.meta.url).resolve('chdb/connection');
    return false;
  } catch {
    return 'the package chdb is not installed (it is optional)';
  }
}
