import type { TransitionMessage } from '../../../services/shared/core/messages.ts';
import { offsetOf } from '../../../services/shared/core/version.ts';
import { Oracle } from './oracle.ts';
import type { OracleTransition } from './oracle-inputs.ts';
import { oracleSetup, PARTITIONS } from './setup.ts';
import type { AlertWorld } from './world.ts';

/** Where log and store differ from what the recorded values say. */
export async function differences(world: AlertWorld): Promise<string[]> {
  const wrong: string[] = [];
  const published = await world.transitions();
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const { transitions, firsts, states } = Oracle.answer(oracleSetup, await world.recorded(partition));
    const expected = contentsOf(transitions);
    const here = (each: Actual): boolean => each.partition === partition;
    const stored = world.store.dump('transitions').filter(here);
    wrong.push(
      ...different(`published ${partition}`, expected, contentsOf(published.filter(here).map(inOracleTerms))),
      ...different(`stored ${partition}`, expected, contentsOf(stored.map(inOracleTerms))),
      ...firstsDiffer(world, partition, firsts),
      ...statesDiffer(world, partition, states),
      ...(await positionDiffers(world, partition)),
    );
  }
  return wrong;
}

type Content = ReadonlyMap<string, string>;

function different(name: string, expected: Content, actual: Content): string[] {
  return [...new Set([...expected.keys(), ...actual.keys()])]
    .filter((key) => expected.get(key) !== actual.get(key))
    .map((key) => `${name}: ${key}: expected ${expected.get(key)}, got ${actual.get(key)}`);
}

type Actual = Omit<TransitionMessage, 'type'>;

/** A rule that comes back may do the same in the same window again: the offset tells the two apart. */
function keyOf({ rule, labels, from, to, timeMs, offset }: Omit<OracleTransition, 'told'>): string {
  return `${rule} ${labels} ${from}>${to} ${timeMs} @${offset}`;
}

function contentOf({ value, samples, provisional, told }: OracleTransition): string {
  return `${value} ${samples} ${provisional} ${told ? 'told' : 'quiet'}`;
}

function inOracleTerms({ suppressed, version, ...rest }: Actual): OracleTransition {
  return { ...rest, told: suppressed === null, offset: offsetOf(version) };
}

function contentsOf(transitions: readonly OracleTransition[]): Content {
  return new Map(transitions.map((each) => [keyOf(each), contentOf(each)]));
}

function firstsDiffer(world: AlertWorld, partition: number, expected: Content): string[] {
  const kept = world.store.dump('firsts').filter(({ labelPartition }) => labelPartition === partition);
  const actual = new Map(
    kept.map(({ kpi, labels, windowEndMs, kind, value, samples, imported, version }) => [
      `${kpi} ${labels} ${windowEndMs}`,
      `${kind} ${value} ${samples} ${imported} @${offsetOf(version)}`,
    ]),
  );
  const twice = kept.length === actual.size ? [] : [`a window with a first and a late first value in ${partition}`];
  return [...twice, ...different(`firsts ${partition}`, expected, actual)];
}

function statesDiffer(world: AlertWorld, partition: number, expected: Content): string[] {
  const kept = world.store.dump('instances').filter(({ labelPartition, state, ruleHash, labels }) => {
    return labelPartition === partition && state !== 'watching' && expected.has(`${ruleHash} ${labels}`);
  });
  const actual = new Map(kept.map(({ ruleHash, labels, state }) => [`${ruleHash} ${labels}`, state]));
  return different(`instances ${partition}`, expected, actual);
}

/** With everything stored, the position is at the end of its partition. */
async function positionDiffers(world: AlertWorld, partition: number): Promise<string[]> {
  const end = await world.log.endOffset('values', partition);
  const row = await world.store.position('alert', 'values', partition);
  const stored = row === null ? 0 : offsetOf(row.version + 1n);
  return stored === end ? [] : [`the position of ${partition} is ${stored} of ${end}`];
}
