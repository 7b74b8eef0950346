import type { ManualClock } from '../../../services/shared/adapters/clock/manual-clock.ts';
import type { MemoryLog } from '../../../services/shared/adapters/log/memory/memory-log.ts';
import type { Message } from '../../../services/shared/core/messages.ts';
import type { Random } from '../random.ts';
import type { AlertFaultKind } from './faults.ts';
import { codec, MINUTE_MS, rules, SOURCES, START_MS } from './setup.ts';
import type { AlertStyle } from './style.ts';
import { Windows } from './windows.ts';

/** What a producer works on. */
export interface ProducerOptions {
  readonly log: MemoryLog;
  readonly clock: ManualClock;
  readonly random: Random;
  readonly style: AlertStyle;
  readonly count: (fault: AlertFaultKind) => void;
}

/**
 * Writes into one partition of [values] what roll writes there: values of windows to come, final ones when the lowest
 * watermark passes them, late and repeated ones, windows that imports fill, marks, those of an owner that was replaced
 * among them.
 */
export class Producer {
  private readonly options: ProducerOptions;
  private readonly partition: number;
  private readonly windows: Windows;
  private readonly watermarks = SOURCES.map(() => -Infinity);
  private readonly imports = new Map<string, { readonly source: number; readonly keys: Set<string> }>();
  private readonly sent: Message[] = [];
  private position = 0;
  private nextImport = 0;

  constructor(options: ProducerOptions, partition: number) {
    this.options = options;
    this.partition = partition;
    this.windows = new Windows(options.random, options.style, partition);
  }

  private get nowMs(): number {
    return this.options.clock.nowMs();
  }

  private get lowestMs(): number {
    return Math.min(...this.watermarks);
  }

  private async append(messages: readonly Message[]): Promise<void> {
    if (messages.length === 0) return;
    const place = { topic: 'values', partition: this.partition, key: null };
    await this.options.log.append(messages.map((message) => ({ ...place, value: codec.encode(message) })));
  }

  /** Other rules come into force, or all of them. */
  async control(all = false): Promise<void> {
    const { random, count } = this.options;
    const definitions = [...rules.keys()].filter(() => all || random.chance(0.7));
    if (!all) count('rules changed');
    await this.append([{ type: 'control', definitions }]);
  }

  /** One publication of roll. */
  async publish(): Promise<void> {
    const { random, style, count } = this.options;
    const changed = new Set<string>();
    const values = 1 + random.below(3);
    for (let i = 0; i < values; i++) this.touch(changed, this.nowMs + random.below(3) * MINUTE_MS);
    if (random.chance(style.lateChance)) {
      count('late value');
      this.touch(changed, this.nowMs - random.below(30) * MINUTE_MS);
    }
    if (random.chance(style.importChance)) this.importSome(changed);
    if (random.chance(0.6)) this.moveWatermarks();
    this.settle(changed);
    const out = [...changed].map((key) => this.messageOf(key));
    if (random.chance(style.repeatChance) && this.sent.length > 0)
      for (let i = 0; i < 3; i++) {
        count('repeated value');
        out.push(random.pick(this.sent));
      }
    this.sent.push(...out);
    const marks = this.marks();
    // A record that comes twice comes on either side of a mark.
    if (random.chance(style.repeatChance)) {
      count('repeated value');
      marks.push(random.pick(this.sent));
    }
    await this.append([...out, ...marks]);
  }

  private messageOf(key: string): Message {
    const row = this.windows.get(key);
    if (row.withdrawn) this.options.count('withdrawn value');
    if (row.reason === 'import' && row.state === 'final') this.options.count('imported value');
    return { type: 'value', ...row, version: BigInt(++this.position) };
  }

  private touch(changed: Set<string>, endMs: number, importId: string | null = null): void {
    const { key, shows } = this.windows.touch(endMs, this.lowestMs, importId !== null);
    if (importId !== null) this.imports.get(importId)!.keys.add(key);
    if (shows) changed.add(key);
  }

  /** In the order of the windows, but for series that were touched. */
  private settle(changed: Set<string>): void {
    for (const key of this.windows.settle(this.lowestMs)) {
      changed.delete(key);
      changed.add(key);
    }
  }

  /** Begins an import, or goes on with one, or ends it: then its windows get their values. */
  private importSome(changed: Set<string>): void {
    const { random, count } = this.options;
    const [open] = this.imports.keys();
    if (open === undefined || random.chance(0.2)) {
      const importId = `import ${this.nextImport++}`;
      this.imports.set(importId, { source: random.below(SOURCES.length), keys: new Set() });
      count('import');
      return this.fill(changed, importId);
    }
    if (random.chance(0.4)) return this.fill(changed, open);
    const { source, keys } = this.imports.get(open)!;
    this.imports.delete(open);
    if (random.chance(0.5)) this.watermarks[source] = Math.max(this.watermarks[source]!, this.nowMs - 30_000);
    const others = [...this.imports.values()];
    this.fillEnds(
      changed,
      [...keys].filter((key) => !others.some((other) => other.keys.has(key))),
    );
    if (random.chance(0.3)) this.importAtOnce(changed);
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
  private importAtOnce(changed: Set<string>): void {
    const { key, shows } = this.windows.touch(
      this.nowMs - this.options.random.below(60) * MINUTE_MS,
      this.lowestMs,
      false,
    );
    if (!shows) return;
    if (this.windows.get(key).revision === 0) this.windows.suddenly(key);
    changed.add(key);
  }

  private moveWatermarks(): void {
    const { random } = this.options;
    for (const source of this.watermarks.keys()) {
      if (random.chance(0.2)) continue;
      const toMs = this.nowMs - 30_000 - random.below(90) * 1_000;
      this.watermarks[source] = Math.max(this.watermarks[source]!, toMs);
    }
  }

  private marks(): Message[] {
    const { random, count } = this.options;
    const order = random.chance(0.5) ? [0, 1] : [1, 0];
    this.position++;
    const marks = order.filter(() => random.chance(0.8)).map((source) => this.markOf(source, this.position));
    if (!random.chance(0.05)) return marks;
    count('mark of a replaced owner');
    const old = Math.max(0, this.position - 10);
    return [...marks, { ...this.markOf(random.below(2), old), watermarkMs: START_MS, openImports: [] }];
  }

  private markOf(source: number, position: number): Message & { readonly type: 'mark' } {
    const watermarkMs = this.watermarks[source]! === -Infinity ? null : this.watermarks[source]!;
    const openImports = [...this.imports].filter(([, each]) => each.source === source).map(([importId]) => importId);
    const places = { position: BigInt(position), storedPosition: BigInt(position) };
    return { type: 'mark', source: SOURCES[source]!, ...places, watermarkMs, openImports, definitions: [] };
  }

  /** Ends all imports, and lets time pass every window. */
  async end(): Promise<void> {
    const changed = new Set<string>();
    for (const { keys } of this.imports.values()) this.fillEnds(changed, [...keys]);
    this.imports.clear();
    this.watermarks.fill(this.nowMs - 40_000);
    this.settle(changed);
    const values = [...changed].map((key) => this.messageOf(key));
    this.position++;
    await this.append([...values, ...SOURCES.map((_, source) => this.markOf(source, this.position))]);
  }
}
