import { type Carried, carriedOf } from './carried.ts';
import type { LabelAnchor, LabelSpec } from '../definition.ts';
import { encodeLabels, NO_LABEL, OTHER_LABEL } from './labels.ts';

/** Label values in the order of the definition's `by`; null where the anchor's event has not come. */
export type LabelValues = readonly (string | null)[];

/** How many label sets one definition keeps encoded; beyond it encoding starts afresh. */
const ENCODED_MAX = 10_000;

/** Turns the dimensions of a case at certain events into the canonical labels of one definition. */
export class LabelPlan {
  readonly usesLast: boolean;
  private readonly by: readonly LabelSpec[];
  /** Before any anchor has come. */
  private readonly none: LabelValues;
  /** One object for equal values: cases hold them by the hundred thousand. */
  private readonly shared = new Map<string, LabelValues>();
  /** By such an object. */
  private readonly encoded = new Map<LabelValues, string>();
  /** The only anchor, where there is one: then the dimensions say it all. */
  private readonly anchor: LabelAnchor | null;
  /** The label sets that keep their labels; null: all do. */
  private readonly admitted: ReadonlySet<string> | null;
  private readonly other: string;
  /** What the only anchor gives, by the dimensions: of a case they are often the very object of an event. */
  private readonly taken = new WeakMap<Carried, LabelValues>();

  /** `admitted`: as the definition has it. */
  constructor(by: readonly LabelSpec[], admitted?: readonly string[]) {
    this.by = by;
    this.admitted = admitted === undefined ? null : new Set(admitted);
    this.other = otherLabels(by);
    this.none = by.map(() => null);
    this.usesLast = this.uses('last');
    const [first] = by;
    this.anchor = first !== undefined && by.every(({ at }) => at === first.at) ? first.at : null;
  }

  /** Whether any label is taken there. */
  uses(anchor: LabelAnchor): boolean {
    return this.by.some(({ at }) => at === anchor);
  }

  /** The values that `anchor` gives, as the case's dimensions are now; the others stay as they are in `before`. */
  take(anchor: LabelAnchor, carried: Carried, before: LabelValues | null): LabelValues {
    if (this.anchor !== null) return anchor === this.anchor ? this.takeAll(carried) : (before ?? this.none);
    if (!this.uses(anchor)) return before ?? this.none;
    return this.share(
      this.by.map((spec, i) =>
        spec.at === anchor ? (carriedOf(carried, spec.dimension) ?? NO_LABEL) : (before?.[i] ?? null),
      ),
    );
  }

  private takeAll(carried: Carried): LabelValues {
    let values = this.taken.get(carried);
    if (values === undefined) {
      values = this.share(this.by.map(({ dimension }) => carriedOf(carried, dimension) ?? NO_LABEL));
      this.taken.set(carried, values);
    }
    return values;
  }

  private share(values: LabelValues): LabelValues {
    const key = JSON.stringify(values);
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    if (this.shared.size >= ENCODED_MAX) {
      this.shared.clear();
      this.encoded.clear();
    }
    this.shared.set(key, values);
    return values;
  }

  /** The canonical encoding; a value that no event gave is `(none)`, a label set that is not admitted the other one. */
  encode(values: LabelValues): string {
    const known = this.encoded.get(values);
    if (known !== undefined) return known;
    const shared = this.share(values);
    let text = this.encoded.get(shared);
    if (text === undefined) {
      const labels: Record<string, string> = Object.create(null) as Record<string, string>;
      this.by.forEach((spec, i) => (labels[spec.dimension] = values[i] ?? NO_LABEL));
      const own = encodeLabels(labels);
      this.encoded.set(shared, (text = this.admits(own) ? own : this.other));
    }
    return text;
  }

  private admits(labels: string): boolean {
    return this.admitted === null || this.admitted.has(labels);
  }
}

/** The canonical encoding of the label set that stands for all that are not admitted. */
export function otherLabels(by: readonly LabelSpec[]): string {
  return encodeLabels(Object.fromEntries(by.map(({ dimension }) => [dimension, OTHER_LABEL])));
}
