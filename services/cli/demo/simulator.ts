/** An event of the demonstration, as it is sent: see POST /v1/events. */
export interface SimulatedEvent {
  readonly caseId: string;
  readonly id: string;
  readonly activity: string;
  readonly timeMs: number;
  readonly dimensions: Readonly<Record<string, string>>;
  /** Decimal text. */
  readonly value: string | null;
}

/**
 * A pure source of events: what happens follows from the profile with its seed and from the anchor, the instant of the
 * demonstration's first start. Time is cut into blocks; a case belongs whole to the block in which it begins, and blocks
 * know nothing of each other. So any span of time is computed alone, and the same whenever it is asked for.
 */
export interface Simulator {
  readonly workflow: string;
  readonly blockMs: number;
  /** A case has no event later than this after the end of its block. */
  readonly spanMs: number;
  /** How far back cases begin that a screen needs to show something. */
  readonly recentMs: number;
  /**
   * What the systems of the company keep for half a day only, as controllers and web servers do: activities of which the
   * history has no more than that. They make a screen live without two weeks of them having to be loaded.
   */
  readonly detail: ReadonlySet<string>;
  /** No detail is later than this after the end of its block. */
  readonly detailSpanMs: number;
  /**
   * All events of the cases that begin in [index · blockMs, (index + 1) · blockMs), in no order. Where `withDetail` is
   * false, detail that costs time to make may be left out; the other events are the same.
   */
  block(index: number, withDetail: boolean): SimulatedEvent[];
}

/** Cases that begin in the blocks [fromBlock, endBlock), up to `toMs`; detail by its time. */
export interface HistoryPart {
  readonly fromBlock: number;
  readonly endBlock: number;
  readonly detailFromMs: number;
  readonly detailToMs: number;
  readonly toMs: number;
}

/** Blocks that a playback remembers; more than any simulator's span needs. */
const BLOCKS_KEPT_MAX = 128;

/** Reads a simulator by time; remembers the blocks it computed last. */
export class Playback {
  readonly simulator: Simulator;
  private readonly whole = new Map<number, readonly SimulatedEvent[]>();
  private readonly withoutDetail = new Map<number, readonly SimulatedEvent[]>();

  constructor(simulator: Simulator) {
    this.simulator = simulator;
  }

  /** The events in [fromMs, toMs), of detail those from `detailFromMs` on, by time. */
  between(fromMs: number, toMs: number, detailFromMs = fromMs): SimulatedEvent[] {
    const { blockMs, spanMs, detail, detailSpanMs } = this.simulator;
    const found: SimulatedEvent[] = [];
    for (let index = Math.floor((fromMs - spanMs) / blockMs); index * blockMs < toMs; index++) {
      const withDetail = (index + 1) * blockMs + detailSpanMs >= detailFromMs;
      for (const event of this.block(index, withDetail)) {
        const { timeMs, activity } = event;
        if (timeMs < fromMs || timeMs >= toMs || (timeMs < detailFromMs && detail.has(activity))) continue;
        found.push(event);
      }
    }
    return found.sort(byTime);
  }

  /** A part of the history that splits no case: see HistoryPart. */
  part({ fromBlock, endBlock, detailFromMs, detailToMs, toMs }: HistoryPart): SimulatedEvent[] {
    const { detail } = this.simulator;
    const spanned = detailFromMs < detailToMs ? this.between(detailFromMs, detailToMs) : [];
    const found = spanned.filter(({ activity }) => detail.has(activity));
    for (let index = fromBlock; index < endBlock; index++)
      for (const event of this.block(index, false))
        if (event.timeMs < toMs && !detail.has(event.activity)) found.push(event);
    return found.sort(byTime);
  }

  private block(index: number, withDetail: boolean): readonly SimulatedEvent[] {
    const { whole, withoutDetail, simulator } = this;
    const known = whole.get(index) ?? (withDetail ? undefined : withoutDetail.get(index));
    if (known !== undefined) return known;
    const made = simulator.block(index, withDetail);
    const blocks = withDetail ? whole : withoutDetail;
    blocks.set(index, made);
    const [oldest] = blocks.keys();
    if (blocks.size > BLOCKS_KEPT_MAX && oldest !== undefined) blocks.delete(oldest);
    return made;
  }
}

function byTime(a: SimulatedEvent, b: SimulatedEvent): number {
  return a.timeMs - b.timeMs || (a.caseId < b.caseId ? -1 : a.caseId > b.caseId ? 1 : a.id < b.id ? -1 : 1);
}
