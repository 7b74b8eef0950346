import type { PartContext } from '../figure.ts';
import type { Rival } from './rivals.ts';

/** What --only may name. */
export const ENGINES: readonly string[] = ['takt', 'kafka-streams', 'flink', 'clickhouse'];

/** Whether an engine takes part: all do unless --only names some. */
export function takesPart({ only }: PartContext, engine: 'takt' | Rival['engine']): boolean {
  return only.length === 0 || only.includes(engine);
}
