import { builtInSource } from './built-in.ts';
import type { Catalogue } from './catalogue.ts';
import { compileCatalogue, type CompileOptions } from './catalogue-compile.ts';

/**
 * What the folds work with: a catalogue and takt's own part, which no user sees. `partitions`: of an events topic. Throws
 * RangeError when the built-in part does not compile, which only a change of this program can bring about.
 */
export function withBuiltIn(catalogue: Catalogue, partitions: number, options: CompileOptions): Catalogue {
  const { catalogue: own, problems } = compileCatalogue(builtInSource(partitions), [], { ...options, builtIn: true });
  if (own === null) throw new RangeError(`the built-in catalogue: ${problems[0]?.message ?? 'unknown'}`);
  return {
    ...catalogue,
    workflows: new Map([...catalogue.workflows, ...own.workflows]),
    kpis: new Map([...catalogue.kpis, ...own.kpis]),
    rules: new Map([...catalogue.rules, ...own.rules]),
  };
}
