import type { ImportSummary } from './import-options.ts';

/** The summary of an import into the data directory `data` for people, several lines without a last line end. */
export function summaryText(summary: ImportSummary, data: string): string {
  const { path, workflow, rows, events, equalRows, passedOver, deadLetters, firstReasons, notes } = summary;
  const { minEventMs, maxEventMs } = summary;
  const lines = [`Imported ${path} into workflow ${workflow}: ${counted(rows, 'row')}, ${counted(events, 'event')}.`];
  if (minEventMs !== null && maxEventMs !== null) {
    lines.push(`  from ${new Date(minEventMs).toISOString()} to ${new Date(maxEventMs).toISOString()}`);
  }
  if (equalRows > 0) lines.push(`  ${counted(equalRows, 'row')} equal an earlier one and count on their own`);
  if (passedOver > 0) lines.push(`  ${counted(passedOver, 'row')} passed over, as the mapping's where says`);
  for (const note of notes) lines.push(`  ${note}`);
  if (deadLetters > 0) {
    lines.push(`  ${counted(deadLetters, 'row')} could not be mapped:`);
    for (const reason of firstReasons) lines.push(`    ${reason}`);
    const more = deadLetters - firstReasons.length;
    if (more > 0) lines.push(`    … and ${more} more`);
    lines.push(`  See them with: npx takt dead-letters --data ${JSON.stringify(data)} --workflow ${workflow}`);
    lines.push('  With a mended mapping: npx takt redrive --mapping FILE');
  }
  return lines.join('\n');
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}
