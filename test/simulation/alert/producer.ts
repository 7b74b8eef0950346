import type { Message } from '../../../services/shared/core/messages.ts';
import { Imports, type ProducerOptions } from './imports.ts';
import { MINUTE_MS, rules, SOURCES, START_MS } from './setup.ts';
import { codec } from '../remembering-codec.ts';
import { Windows } from './windows.ts';

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
  private readonly imports: Imports;
  private readonly sent: Message[] = [];
  private position = 0;

  constructor(options: ProducerOptions, partition: number) {
    this.options = options;
    this.partition = partition;
    this.windows = new Windows(options.random, options.style, partition);
    this.imports = new Imports(options, this.windows, this.watermarks);
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
    await this.append([{ type: 'control', definitions, filling: [] }]);
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
    if (random.chance(style.importChance)) this.imports.goOn(changed);
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

  private touch(changed: Set<string>, endMs: number): void {
    const { key, shows } = this.windows.touch(endMs, this.lowestMs, false);
    if (shows) changed.add(key);
  }

  /** In the order of the windows, but for series that were touched. */
  private settle(changed: Set<string>): void {
    for (const key of this.windows.settle(this.lowestMs)) {
      changed.delete(key);
      changed.add(key);
    }
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
    const openImports = this.imports.openIn(source);
    const places = { position: BigInt(position), storedPosition: BigInt(position) };
    return {
      type: 'mark',
      source: SOURCES[source]!,
      ...places,
      watermarkMs,
      openImports,
      definitions: [],
      filling: [],
    };
  }

  /** Ends all imports, and lets time pass every window. */
  async end(): Promise<void> {
    const changed = new Set<string>();
    this.imports.end(changed);
    this.watermarks.fill(this.nowMs - 40_000);
    this.settle(changed);
    const values = [...changed].map((key) => this.messageOf(key));
    this.position++;
    await this.append([...values, ...SOURCES.map((_, source) => this.markOf(source, this.position))]);
  }
}
