import { type Command, Option } from 'commander';
import type { EpochReport, Wiring } from '../wiring.ts';
import { withClusterOptions } from './serve.ts';

const HELP = `
For a cluster whose topics are not what they were: deleted, made again, with other partitions, or without records that
were not read yet. Stop all processes of takt first. Without --apply it only says what it would do.

What comes of it: every KPI is computed again from the archived events; rows keep their place, and what is in the topics
now follows after them. Records that the topics lost before they were archived are lost, and are counted here where they
can be. docs/cluster.md says what happens to each topic.

  takt epoch --log kafka://127.0.0.1:9092 --store http://127.0.0.1:8123
  takt epoch --log kafka://127.0.0.1:9092 --store http://127.0.0.1:8123 --apply
`;

/** What a topic's change means, in words. */
const CHANGES: Readonly<Record<EpochReport['topics'][number]['change'], string>> = {
  none: 'as it was',
  missing: 'is missing: it is made anew, empty',
  recreated: 'was made again: it is read from its start',
  partitions: 'has other partitions: rows are put where their keys belong now',
  expired: 'has not all the records it had: it is read from where they begin',
};

/** Adds `takt epoch`. */
export function addEpoch(root: Command, wiring: Wiring): void {
  withClusterOptions(root.command('epoch').description('go on after topics were deleted, made again or changed'))
    .addOption(new Option('--apply', 'begin the new epoch'))
    .addHelpText('after', HELP)
    .action(async ({ log, store, apply }: { readonly log: string; readonly store: string; readonly apply?: true }) => {
      process.stdout.write(text(await wiring.newEpoch({ log, store }, apply === true)));
    });
}

function text({ epoch, partitions, topics, applied }: EpochReport): string {
  if (topics.length === 0) return 'There are no topics of takt yet: nothing to do.\n';
  const lines = topics.map(({ topic, change, lost, moved }) => {
    const what = [CHANGES[change]];
    if (lost > 0) what.push(`${lost} records were removed before they were read`);
    if (moved > 0) what.push(`${moved} records that were not read yet are written again`);
    return `${topic.padEnd(24)} ${what.join('; ')}`;
  });
  if (topics.every(({ change }) => change === 'none'))
    return `${lines.join('\n')}\nAll topics are as they were: nothing to do.\n`;
  const end = applied
    ? `Epoch ${epoch} has begun, with ${partitions} partitions. Start the processes of takt.`
    : `Nothing was changed. With --apply, epoch ${epoch} begins, with ${partitions} partitions.`;
  return `${lines.join('\n')}\n${end}\n`;
}
