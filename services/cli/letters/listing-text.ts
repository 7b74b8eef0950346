import type { LetterListing, ListedLetter } from '../../shared/core/letters/letter-listing.ts';

/** Of a letter's raw text in a list for people. */
const TEXT_CHARS_MAX = 300;

/** Dead letters for people: counts, then the letters, each with its raw text. */
export function listingText({ open, quarantined, counts, letters }: LetterListing): string {
  if (counts.length === 0) return 'no dead letters\n';
  const held = quarantined === 0 ? '' : `, ${quarantined} of them in quarantine`;
  const lines = [`${open} open${held}`, '', '  count  state     code                 workflow      source'];
  for (const { workflow, code, source, state, count, latest, reason } of counts) {
    lines.push(
      `${String(count).padStart(7)}  ${state.padEnd(8)}  ${code.padEnd(19)}  ${(workflow || '-').padEnd(12)}  ${source}`,
      `         latest ${latest}: ${oneLine(reason)}`,
    );
  }
  for (const letter of letters) lines.push('', ...letterLines(letter));
  return `${lines.join('\n')}\n`;
}

function letterLines({
  id,
  keptAt,
  code,
  source,
  reason,
  state,
  text,
  bytes,
  quarantine,
  last,
}: ListedLetter): string[] {
  const lines = [`${id}  ${keptAt}  ${code}  ${source}${state === 'open' ? '' : `  ${state}`}`, `  ${oneLine(reason)}`];
  if (quarantine !== null) {
    const { eventTime, releaseAt } = quarantine;
    const when = releaseAt === null ? 'its workflow is not in the catalogue' : `it comes in by itself at ${releaseAt}`;
    lines.push(`  its event is of ${eventTime}; ${when}`);
  }
  if (last !== null) {
    const why = last.reason === '' ? '' : `: ${oneLine(last.reason)}`;
    lines.push(`  ${last.way.replace('_', ' ')} at ${last.at}, ${last.outcome}${why}`);
  }
  const shown = oneLine(text);
  const cut = bytes > Buffer.byteLength(text) || shown.length > TEXT_CHARS_MAX ? ` … (${bytes} bytes)` : '';
  return [...lines, `  | ${shown.slice(0, TEXT_CHARS_MAX)}${cut}`];
}

/** What another wrote may hold what a terminal obeys. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').trim();
}
