import { offsetOf } from '../../shared/core/version.ts';
import type { RefillRecord } from '../../shared/runtime/refill.ts';
import type { VerifySource } from '../../shared/runtime/verify/verify-source.ts';
import type { StatusReport } from '../wiring.ts';

/** How often it looks. */
const POLL_MS = 200;

interface Place {
  readonly topic: string;
  readonly partition: string | number;
  readonly version: string;
  readonly content: string;
}

/**
 * Resolves when what these records ended is computed again, and stored. `onShare` is told how far the archive is read, 0 to 1.
 * Throws what made the folds halt, and what source and status throw.
 */
export async function awaitRefill(
  records: readonly RefillRecord[],
  source: Pick<VerifySource, 'rows' | 'settled'>,
  status: () => Promise<StatusReport>,
  onShare: (share: number) => void,
): Promise<void> {
  const hashes = new Set(records.flatMap(({ definitions }) => definitions));
  for (;;) {
    const share = shareOf(hashes, await status());
    if (share !== null) onShare(share);
    const places = await source.rows<Place>(
      "SELECT topic, partition, toString(version) AS version, content FROM positions WHERE stage = 'aggregate'",
    );
    if (records.every((record) => places.some((place) => isWhole(place, record)))) break;
    await pause();
  }
  // What aggregate has published is rolled; then roll brings up what no event does.
  await source.settled();
  while ((await status()).tasks.some(({ computing }) => computing === true)) await pause();
  await source.settled();
}

/** Whether the stored position of a record's partition is behind it, and has whole what the record ended. */
function isWhole(place: Place, record: RefillRecord): boolean {
  if (place.topic !== record.topic || Number(place.partition) !== record.partition) return false;
  if (offsetOf(BigInt(place.version)) < record.offset) return false;
  const { definitions, filling = {} } = JSON.parse(place.content) as {
    readonly definitions: readonly string[];
    readonly filling?: Readonly<Record<string, unknown>>;
  };
  return record.definitions.every((hash) => definitions.includes(hash) && !Object.hasOwn(filling, hash));
}

/** How far partitions that fill some of these are; null: none does now. */
function shareOf(hashes: ReadonlySet<string>, { tasks }: StatusReport): number | null {
  let [events, eventsOfAll] = [0, 0];
  for (const { filling } of tasks) {
    if (filling?.definitions.some((hash) => hashes.has(hash)) !== true) continue;
    events += filling.events;
    eventsOfAll += filling.eventsOfAll;
  }
  return eventsOfAll === 0 ? null : events / eventsOfAll;
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
