import type { ManualClock } from '../../../services/shared/adapters/clock/manual-clock.ts';
import type { MemoryLog } from '../../../services/shared/adapters/log/memory/memory-log.ts';
import type { Random } from '../random.ts';
import type { AlertFaultKind } from './faults.ts';
import { MINUTE_MS, SOURCES } from './setup.ts';
import type { AlertStyle } from './style.ts';
import type { Windows } from './windows.ts';

/** What a producer works on. */
export interface ProducerOptions {
  readonly log: MemoryLog;
  readonly clock: ManualClock;
  readonly random: Random;
  readonly style: AlertStyle;
  readonly count: (fault: AlertFaultKind) => void;
}

/** The imports of one [values] partition: the windows that they fill, and what their ends bring. */
export class Imports {
  private readonly options: ProducerOptions;
  private readonly windows: Windows;
  /** By source; the end of an import may move one. */
  private readonly watermarks: number[];
  private readonly open = new Map<string, { readonly source: number; readonly keys: Set<string> }>();
  private next = 0;

  constructor(options: ProducerOptions, windows: Windows, watermarks: number[]) {
    this.options = options;
    this.windows = windows;
    this.watermarks = watermarks;
  }

  private get nowMs(): number {
    return this.options.clock.nowMs();
  }

  private get lowestMs(): number {
    return Math.min(...this.watermarks);
  }

  /** Ids of the imports that are open in a source. */
  openIn(source: number): string[] {
    return [...this.open].filter(([, each]) => each.source === source).map(([importId]) => importId);
  }

  /** Begins an import, or goes on with one, or ends it: then its windows get their values. */
  goOn(changed: Set<string>): void {
    const { random, count } = this.options;
    const [open] = this.open.keys();
    if (open === undefined || random.chance(0.2)) {
      const importId = `import ${this.next++}`;
      this.open.set(importId, { source: random.below(SOURCES.length), keys: new Set() });
      count('import');
      return this.fill(changed, importId);
    }
    if (random.chance(0.4)) return this.fill(changed, open);
    const { source, keys } = this.open.get(open)!;
    this.open.delete(open);
    if (random.chance(0.5)) this.watermarks[source] = Math.max(this.watermarks[source]!, this.nowMs - 30_000);
    const others = [...this.open.values()];
    this.fillEnds(
      changed,
      [...keys].filter((key) => !others.some((other) => other.keys.has(key))),
    );
    if (random.chance(0.3)) this.atOnce(changed);
  }

  private fill(changed: Set<string>, importId: string): void {
    const { random } = this.options;
    const records = 1 + random.below(6);
    const agoMinutes = random.pick([5, 60, 60 * 24]);
    for (let i = 0; i < records; i++) this.touch(changed, this.nowMs - random.below(agoMinutes) * MINUTE_MS, importId);
  }

  private fillEnds(changed: Set<string>, keys: readonly string[]): void {
    this.windows.filled(keys);
    for (const key of keys) changed.add(key);
  }

  /** An import that is over in one turn: roll never showed its windows as being filled. */
  private atOnce(changed: Set<string>): void {
    const { key, shows } = this.windows.touch(
      this.nowMs - this.options.random.below(60) * MINUTE_MS,
      this.lowestMs,
      false,
    );
    if (!shows) return;
    if (this.windows.get(key).revision === 0) this.windows.suddenly(key);
    changed.add(key);
  }

  private touch(changed: Set<string>, endMs: number, importId: string): void {
    const { key, shows } = this.windows.touch(endMs, this.lowestMs, true);
    this.open.get(importId)!.keys.add(key);
    if (shows) changed.add(key);
  }

  /** All of them are over. */
  end(changed: Set<string>): void {
    for (const { keys } of this.open.values()) this.fillEnds(changed, [...keys]);
    this.open.clear();
  }
}
