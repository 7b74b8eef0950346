import type { MeasurePlan } from '../../shared/core/measure/measure-plan.ts';
import { type PartitionTime, TIME_START } from '../../shared/core/partition-time.ts';
import { sliceStart } from '../../shared/core/window/window.ts';

/** What a source is at when it publishes. */
export interface SourceMoment {
  readonly time: PartitionTime;
  readonly plans: readonly MeasurePlan[];
  /** Version of the last stored position. */
  readonly storedVersion: bigint;
}

/**
 * Which partitions of [slices] get a progress mark with the next publish: those that get a snapshot, those that hold one
 * above the stored position that they were last told, and all of them when time came to a slice's end or an import began
 * or ended (DESIGN.md section 4, point 5).
 */
export class SliceMarks {
  /** What the last marks said. */
  private told: PartitionTime = TIME_START;
  private readonly toldStored: bigint[];
  /** Of each partition the highest version of a snapshot in it. */
  private readonly highest: bigint[];
  private all = true;

  constructor(labelPartitions: number) {
    this.toldStored = new Array<bigint>(labelPartitions).fill(-1n);
    this.highest = new Array<bigint>(labelPartitions).fill(-1n);
  }

  /** Goes on at a stored position, with its time. What was told after it is not known: the next publish tells every partition. */
  restore(time: PartitionTime): void {
    this.told = time;
    this.toldStored.fill(-1n);
    this.highest.fill(-1n);
    this.all = true;
  }

  /** The next publish tells every partition. */
  tellAll(): void {
    this.all = true;
  }

  /** Whether there is something to tell, snapshots aside. */
  isDue(moment: SourceMoment): boolean {
    return this.isForAll(moment) || this.untold(moment).length > 0;
  }

  private isForAll(moment: SourceMoment): boolean {
    return this.all || this.crossed(moment) || this.importsChanged(moment);
  }

  /** Whether the watermark passed the end of a slice or the moment at which one becomes final. */
  private crossed({ time: { watermarkMs }, plans }: SourceMoment): boolean {
    const before = this.told.watermarkMs;
    if (watermarkMs === before || watermarkMs === null) return false;
    if (before === null) return true;
    return plans.some(({ definition: { window, settleMs } }) => {
      return (
        sliceStart(window, watermarkMs) !== sliceStart(window, before) ||
        (settleMs > 0 && sliceStart(window, watermarkMs - settleMs) !== sliceStart(window, before - settleMs))
      );
    });
  }

  private importsChanged({ time }: SourceMoment): boolean {
    return Object.keys(time.openImports).join() !== Object.keys(this.told.openImports).join();
  }

  /** Partitions that hold a snapshot above the stored position that they were last told. */
  private untold({ storedVersion }: SourceMoment): number[] {
    return this.highest.flatMap((version, p) =>
      version > this.toldStored[p]! && storedVersion > this.toldStored[p]! ? [p] : [],
    );
  }

  /** The partitions that are to be told now, those of the snapshots left out. */
  due(moment: SourceMoment): Set<number> {
    return new Set(this.isForAll(moment) ? this.highest.keys() : this.untold(moment));
  }

  /** A snapshot goes to a partition. */
  holds(partition: number, version: bigint): void {
    if (version > this.highest[partition]!) this.highest[partition] = version;
  }

  /** These partitions get a mark. */
  tell(partitions: Iterable<number>, { time, storedVersion }: SourceMoment): void {
    for (const partition of partitions) this.toldStored[partition] = storedVersion;
    this.told = time;
    this.all = false;
  }
}
