import { join } from 'node:path';
import type { PartContext } from '../figure.ts';
import { timesByMinute } from '../expected-minutes.ts';
import { Broker } from './broker.ts';
import type { CaseTimes } from './case-times.ts';
import type { Goal } from './completion.ts';
import { copyEvents } from './events-copy.ts';
import { checkGolden } from './golden.ts';
import { Peers } from './peers.ts';
import { EVENTS, makeTopics } from './takt-topics.ts';

/** The topic that the rivals read. */
const RIVALS_EVENTS = 'bench.events';

/** What all engines run on. */
export interface Stage {
  readonly context: PartContext;
  readonly broker: Broker;
  readonly peers: Peers;
}

/** A topic of events for the rivals, and the same events in one for takt. */
export interface Filled extends Goal {
  readonly times: CaseTimes;
  /** Times to close, by team and minute. */
  readonly minutes: ReadonlyMap<string, readonly number[]>;
  /** Records of each of the topics, events that come twice counted twice. */
  readonly records: number;
}

/** Builds the rivals, starts a broker, and stops it after `work`. */
export async function onStage<T>(context: PartContext, work: (stage: Stage) => Promise<T>): Promise<T> {
  const peers = await Peers.prepare(context.say);
  const broker = await Broker.start(join(context.folder, 'kafka'));
  try {
    return await work({ context, broker, peers });
  } finally {
    await broker.stop();
  }
}

/** Generates the rivals' events, and copies them for takt. Throws where the golden answer is not that of the events. */
export async function fill({ context, broker, peers }: Stage): Promise<Filled> {
  const { scale, folder, say } = context;
  say(`generating the events of ${scale.events} cases`);
  const known = await peers.generate(broker.address, RIVALS_EVENTS, scale.events);
  if (known === false) throw new Error('the generator gave another answer than the golden.csv of the rivals');
  await makeTopics(broker, folder);
  say("copying them into takt's topic");
  const before = await broker.ends(EVENTS);
  const times = await copyEvents(broker, RIVALS_EVENTS);
  const ends = await broker.ends(EVENTS);
  const minutes = timesByMinute(times.cases());
  await checkGolden(peers.goldenPath, minutes);
  const records = ends.reduce((sum, end, partition) => sum + end - before[partition]!, 0);
  const rivals = (await broker.ends(RIVALS_EVENTS)).reduce((sum, end) => sum + end, 0);
  if (records !== rivals) throw new Error(`takt's topic got ${records} events of ${rivals}`);
  return { times, minutes, ends, closed: times.closed, records };
}
