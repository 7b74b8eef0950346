import type { LetterResult } from '../../shared/core/letters/letter-order.ts';

/** What became of dead letters, summed up. */
export interface Tally {
  letters: number;
  accepted: number;
  events: number;
  rejected: number;
  refused: number;
  /** Why letters were refused again, by code and reason, with how many; those that came after the limit count as others. */
  readonly reasons: Map<string, { readonly code: string; readonly reason: string; letters: number }>;
}

/** Different reasons that are counted. */
const REASONS_MAX = 1_000;
const REASONS_SHOWN_MAX = 10;
const OTHERS = { code: '', reason: 'other reasons' };

/** Adds one letter's result. */
export function count(tally: Tally, { outcome, events, code, reason }: LetterResult): void {
  tally.letters++;
  tally[outcome]++;
  tally.events += events;
  if (outcome !== 'refused') return;
  const isNew = !tally.reasons.has(`${code} ${reason}`);
  const why = isNew && tally.reasons.size >= REASONS_MAX ? OTHERS : { code, reason };
  const key = `${why.code} ${why.reason}`;
  const known = tally.reasons.get(key) ?? { ...why, letters: 0 };
  known.letters++;
  tally.reasons.set(key, known);
}

/** For programs. */
export function tallyJson({ reasons, ...counts }: Tally, dryRun: boolean): string {
  return `${JSON.stringify({ dryRun, ...counts, reasons: ranked(reasons) }, null, 2)}\n`;
}

/** For people: one line, and the reasons of refusals. */
export function tallyText({ letters, accepted, events, rejected, refused, reasons }: Tally, dryRun: boolean): string {
  const parts = [
    ...(accepted > 0 ? [`${accepted} accepted, with ${events} events`] : []),
    ...(rejected > 0 ? [`${rejected} set aside`] : []),
    ...(refused > 0 ? [`${refused} refused again`] : []),
    ...(letters === 0 ? ['there are none of these'] : []),
  ];
  const all = ranked(reasons);
  const lines = all.slice(0, REASONS_SHOWN_MAX).map((each) => `  ${each.letters} × ${each.code}: ${each.reason}`);
  const more = all.length > REASONS_SHOWN_MAX ? [`  … and ${all.length - REASONS_SHOWN_MAX} more reasons`] : [];
  const would = dryRun ? 'dry run, nothing was changed: ' : '';
  return `${[`${would}${letters} dead letters: ${parts.join(', ')}`, ...lines, ...more].join('\n')}\n`;
}

function ranked(reasons: Tally['reasons']): readonly { code: string; reason: string; letters: number }[] {
  return [...reasons.values()].toSorted((a, b) => b.letters - a.letters);
}
