import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Wiring } from '../wiring.ts';
import { deadLetters, letterAction, type LetterActionOptions, type LetterOptions } from './letters.ts';
import { collected, withDataOptions, withMqttOption, withUrl } from './options.ts';

const LIST_HELP = `
What could not be taken in is kept with its reason and its bytes. An event too far ahead of the clock (EVENT_TOO_FAR_AHEAD)
is in quarantine and comes in by itself once its time has come.

  takt dead-letters --since 2026-03-01
  takt dead-letters --code EVENT_INVALID --source "mqtt:line/*" --last 100 --json
`;

const REDRIVE_HELP = `
The bytes go through the same way in once more, with the mappings that are in force now or the one of --mapping; rows of a
file need one. Ids come from content, so nothing counts twice, however often this is run; as after an import nobody is
alerted. What is refused again stays open, with its new reason. Interrupted, run it again.

  takt redrive --dry-run
  takt redrive --source import:tickets.csv --mapping tickets.yaml
`;

const RELEASE_HELP = `
Events whose time was too far ahead of the clock. They count as events that come now; no time of theirs moves the others.

  takt release --id 5f0c… --time 2026-03-01T09:30:00Z
  takt release --source "mqtt:line/3/*" --shift -1h
`;

const REJECT_HELP = `
They are kept, and no longer open; --state rejected lists them, and brings them back with redrive.

  takt reject --code BODY_INVALID --reason "test of the new gateway"
`;

/** Letters that are listed. */
const LISTED_DEFAULT = 10;
const LISTED_MAX = 1_000;

/** Adds the commands on dead letters. */
export function addLetters(root: Command, wiring: Wiring): void {
  withFilter(root.command('dead-letters').description('what could not be taken in: counted by reason, then the latest'))
    .option('--last <count>', 'how many to show', lastCount, LISTED_DEFAULT)
    .option('--json', 'as JSON')
    .addHelpText('after', LIST_HELP)
    .action((options: LetterOptions & { last: number }) => deadLetters(wiring, options));
  const action = (command: Command): Command =>
    withFilter(command).option('--dry-run', 'only say what would become of them').option('--json', 'as JSON');
  withMqttOption(action(root.command('redrive').description('read dead letters once more')))
    .option('--mapping <file>', 'read them with this mapping: of rows (docs/import.md) or of JSON (docs/http-api.md)')
    .option('--mappings <folder>', 'JSON mappings by name, where no takt runs')
    .addHelpText('after', REDRIVE_HELP)
    .action((options: LetterActionOptions) => letterAction(wiring, 'redrive', options));
  action(root.command('release').description('let events out of quarantine: as they are, or with another time'))
    .option('--time <time>', 'the time that the event (one --id) should have had')
    .option('--shift <duration>', 'move their times, such as -1h for a clock that was an hour fast')
    .option('--all', 'all that are in quarantine')
    .addHelpText('after', RELEASE_HELP)
    .action((options: LetterActionOptions) => letterAction(wiring, 'release', options));
  action(root.command('reject').description('set dead letters aside: they are no longer open'))
    .option('--reason <text>', 'why, for those who look at it later')
    .option('--all', 'all that are open')
    .addHelpText('after', REJECT_HELP)
    .action((options: LetterActionOptions) => letterAction(wiring, 'reject', options));
}

function withFilter(command: Command): Command {
  return withUrl(withDataOptions(command, 'silent'), 'ingest')
    .option('--workflow <name>', 'only of this workflow')
    .option('--code <code>', 'only with this code (docs/errors.md)')
    .option('--source <source>', 'only from there; with a * at its end, what begins so')
    .option('--since <time>', 'only kept at this time or later')
    .option('--id <id>', 'only this one; may be given again', collected)
    .option('--state <state>', 'open, accepted or rejected');
}

function lastCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 0 || count > LISTED_MAX)
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${LISTED_MAX}.`);
  return count;
}
