import type { LabelAnchor, LabelSpec } from './definition.ts';
import { encodeLabels, NO_LABEL } from './labels.ts';

/** Label values in the order of the definition's `by`; null where the anchor's event has not come. */
export type LabelValues = readonly (string | null)[];

/** How many label sets one definition keeps encoded; beyond it encoding starts afresh. */
const ENCODED_MAX = 10_000;

/** Turns the dimensions of a case at certain events into the canonical labels of one definition. */
export class LabelPlan {
  readonly usesFirst: boolean;
  readonly usesLast: boolean;
  private readonly by: readonly LabelSpec[];
  private readonly encoded = new Map<string, string>();

  constructor(by: readonly LabelSpec[]) {
    this.by = by;
    this.usesFirst = by.some(({ at }) => at === 'first');
    this.usesLast = by.some(({ at }) => at === 'last');
  }

  /** The values that `anchor` gives, as the case's dimensions are now; the others stay as they are in `before`. */
  take(anchor: LabelAnchor, carried: ReadonlyMap<string, string>, before: LabelValues | null): LabelValues {
    return this.by.map((spec, i) =>
      spec.at === anchor ? (carried.get(spec.dimension) ?? NO_LABEL) : (before?.[i] ?? null),
    );
  }

  /** The canonical encoding; a value that no event gave is `(none)`. */
  encode(values: LabelValues): string {
    const key = JSON.stringify(values);
    const known = this.encoded.get(key);
    if (known !== undefined) return known;
    if (this.encoded.size >= ENCODED_MAX) this.encoded.clear();
    const labels: Record<string, string> = Object.create(null) as Record<string, string>;
    this.by.forEach((spec, i) => (labels[spec.dimension] = values[i] ?? NO_LABEL));
    const text = encodeLabels(labels);
    this.encoded.set(key, text);
    return text;
  }
}
