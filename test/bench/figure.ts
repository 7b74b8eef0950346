import { quantile } from './quantiles.ts';

/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** How much work a part does. */
export interface Scale {
  /** Events of imports, of ingest and of catching up. */
  readonly events: number;
  readonly openCases: number;
  readonly warmUpS: number;
  readonly measureS: number;
  /** How often a start-up is measured. */
  readonly starts: number;
  /** How often each of several engines has its turn. */
  readonly rounds: number;
}

/** What a part is given. */
export interface PartContext {
  readonly scale: Scale;
  /** An empty folder, removed after the part. */
  readonly folder: string;
  /** Engines that a comparison is restricted to; none: all of them. */
  readonly only: readonly string[];
  /** Says on the terminal what is being done. */
  readonly say: (text: string) => void;
}

/** A part of the benchmark, which can be run alone. */
export interface Part {
  readonly name: string;
  /** What is measured and how, in a few sentences for readers of the results. */
  readonly about: string;
  /** It runs only where it is named: it needs more than Node. */
  readonly onDemand?: true;
  run(context: PartContext): Promise<Figure[]>;
}

/** p50, p95, p99 and the maximum of values. */
export function spread(name: string, values: readonly number[], unit: string): Figure[] {
  const sorted = Float64Array.from(values).sort();
  return [
    { name: `${name}, p50`, value: quantile(sorted, 0.5), unit },
    { name: `${name}, p95`, value: quantile(sorted, 0.95), unit },
    { name: `${name}, p99`, value: quantile(sorted, 0.99), unit },
    { name: `${name}, maximum`, value: quantile(sorted, 1), unit },
  ];
}
