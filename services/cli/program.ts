import { Command, CommanderError } from 'commander';
import { ERRORS, TaktError } from '../shared/core/errors.ts';
import { addLetters } from './commands/add-letters.ts';
import { addEpoch } from './commands/epoch.ts';
import { importCommand, type ImportOptions } from './commands/import.ts';
import { keyText } from './commands/key.ts';
import { caseCount, explainCommand, type ExplainCommandOptions, labelled, languageOf } from './commands/explain.ts';
import { lint } from './commands/lint.ts';
import {
  CATALOGUE_HELP,
  collected,
  port,
  positive,
  withDataOptions,
  withMqttOption,
  withUrl,
} from './commands/options.ts';
import { query } from './commands/query.ts';
import { replay, type ReplayOptions } from './commands/replay.ts';
import { addServices, withHeartbeatOptions } from './commands/serve.ts';
import { start, type StartOptions } from './commands/start.ts';
import { notifyTest, type NotifyTestOptions } from './commands/notify-test.ts';
import { diffCommand, type DiffCommandOptions } from './commands/diff.ts';
import { backfillCommand } from './commands/backfill.ts';
import { reload } from './commands/reload.ts';
import { status } from './commands/status.ts';
import { instant, verifyCommand, type VerifyCommandOptions } from './commands/verify.ts';
import type { CommonOptions } from './commands/options.ts';
import type { Wiring } from './wiring.ts';

const DEFAULT_PORT = 8040;

const IMPORT_HELP = `
A row's id comes from its cells and its place among equal rows of the file. So importing a file twice, or in another
order, changes nothing; equal rows inside one file each count; equal rows of two different files count once.
Rows that cannot be mapped are kept as dead letters, with the reason. An import that was interrupted is run again.

  takt import tickets.csv --workflow helpdesk --case Ticket --activity Status --time Date --format "dd.MM.yyyy HH:mm" --zone Europe/Berlin
  takt import log.xes.gz --workflow helpdesk --where lifecycle:transition=complete --dimension resource=org:resource

An XES log needs no --case, --activity and --time: they are case:concept:name, concept:name and time:timestamp. Attributes
of a trace have case: before their name, nested ones are parent/child. A time without an offset needs --zone.
`;

const REPLAY_HELP = `
The file's events come in the order of their time, as live ones; windows, late data and alerts are what they would have
been. Alerts are only logged. The clock waits where this machine cannot keep up, so no speed changes a number.

  takt replay tickets.csv --mapping tickets.yaml --speed 600 --catalogue catalogue.yaml
  takt replay events.jsonl --workflow helpdesk --exit --data replayed
`;

const START_HELP = `
Ctrl-C or SIGTERM stops it; everything accepted is kept, and the next start goes on from there. Settings from the
environment: TAKT_DATA (data directory), TAKT_API_KEY_HASH (of the key that requests must carry, see takt key).

  takt start --catalogue my-kpis.yaml
  TAKT_API_KEY_HASH=… takt start --host 0.0.0.0 --port 8040
`;

const QUERY_HELP = `
Views: kpi_current (the latest row of each series), kpi_history (every row: kpi, labels, window_start, window_end,
valid_to, value, value_exact, samples, state, revision, reason, definition), case_list. Tables: events, dead_letters.
It works beside a running takt, and on its data directory when none runs. At most 30 s, 2 GB and 1,000,000 rows.

  takt query "SELECT window_end, value FROM kpi_history WHERE kpi = 'tickets_opened' ORDER BY window_end"
  takt query "SELECT * FROM kpi_current WHERE labels['team'] = 'north'" --format CSVWithNames > north.csv
  takt query "SELECT reason, raw FROM dead_letters" --format Vertical
`;

const STATUS_HELP = `
lag: records that a stage has not read yet. unstored: how far its stored position is behind what it has read; a quiet
partition stores its position once a minute. watermark: event time up to which its values are complete.
`;

const DIFF_HELP = `
Computes every KPI that is new or has another definition in FILE, over the archived events, and holds it against the values
that are there; nothing is changed. Exit code 0: no value would be other, 1: some would, 2: something is wrong. Windows
that are not final yet are left out. What takt verify has no SQL for cannot be told.

  takt diff next.yaml
  takt diff next.yaml --from 2026-01-01 --json --url http://localhost:8040
`;

const RELOAD_HELP = `
takt does so by itself a second or two after the files were changed; this tells at once what is wrong with them (exit code
2; the catalogue before stays in force) or what changed. A changed KPI is computed again from the archive while events go on
coming in, and is shown as it was until then; takt status says how far that is. Of a cluster name each process with --url.
`;

const BACKFILL_HELP = `
For values that cannot be right: rows of the store were damaged or lost, or takt verify tells of differences. Slices and
values are made anew from the archived events; until a KPI is whole its values stay as they are. All of history is computed,
because a case may count anywhere in it. It goes on when this command is interrupted, and may be run again at any time.

  takt backfill
  takt backfill first_response_time
`;

const VERIFY_HELP = `
Each KPI is computed again as SQL over the archived events, which shares the catalogue and its calendars with the folds and
nothing else, and compared with every value that is final, and with totals. A difference is listed with the cases behind it
(contributions: what they add up to), and ends with exit code 1. What has no SQL is told as not checked.

  takt verify
  takt verify --kpi first_response_time --from 2026-03-01 --to 2026-03-02
`;

const EXPLAIN_HELP = `
The cases come from the archived events, computed as takt verify does it (contributions: what they add up to). --at takes a
time: of a tumbling window the one that holds it, else the value that was there then.

  takt explain first_response_time --label team=north
  takt explain tickets_opened --at 2026-03-01 --cases 50
`;

const LINT_HELP = `
Errors name file, line, column and what is allowed (exit code 2). Warnings do not fail.

  takt lint catalogue.yaml
  takt lint catalogue.yaml --data data
`;

/** Runs the command line; gives the exit code (docs/errors.md). Errors are at most five lines on stderr, never a trace. */
export async function run(wiring: Wiring, argv: readonly string[]): Promise<number> {
  try {
    await program(wiring).parseAsync(argv);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ERRORS.USAGE.exit;
    process.stderr.write(`${explain(error)}\n`);
    return error instanceof TaktError ? error.exit : ERRORS.INTERNAL.exit;
  }
}

function explain(error: unknown): string {
  if (error instanceof TaktError) return `takt: ${error.message}  [${error.code}]`;
  const trace =
    process.env['TAKT_TRACE'] === '1' ? `\n${(error as Error).stack}` : ' Run again with TAKT_TRACE=1 for where.';
  return `takt: something unexpected went wrong: ${(error as Error).message}.${trace}  [INTERNAL]`;
}

function program(wiring: Wiring): Command {
  const root = new Command('takt');
  root
    .description('Turns the events of a workflow into KPIs that are right to the event.')
    .exitOverride()
    .showHelpAfterError('(takt --help shows what there is)')
    .addHelpText(
      'after',
      '\nThe first steps:\n  takt start                                    run, on an embedded log and store\n  takt import tickets.csv --help                read a CSV or XES file\n  takt lint catalogue.yaml                      check a KPI catalogue\n  takt query "SELECT * FROM kpi_current"        read the KPIs as SQL\n',
    );
  withMqttOption(
    withHeartbeatOptions(
      withDataOptions(root.command('start').description('run until Ctrl-C; everything accepted is stored'), 'info'),
    ),
  )
    .option(
      '--mappings <folder>',
      'JSON mappings for POST /v1/events?mapping=NAME, one NAME.yaml each (docs/http-api.md)',
    )
    .option('--host <address>', 'address to listen on; any but loopback needs a key', '127.0.0.1')
    .option('--port <number>', 'port to listen on, 0 for any', port, DEFAULT_PORT)
    .option('--demo', 'play the demonstration: fill a new data directory with it, or go on (npm start does so)')
    .option('--empty', 'without the demonstration')
    .addHelpText('after', START_HELP)
    .action((options: StartOptions) => start(wiring, options));
  withMappingOptions(
    withUrl(
      withDataOptions(
        root
          .command('import')
          .description('read a CSV or XES file (also gzipped) into a workflow')
          .argument('<file>', 'the CSV or XES file'),
        'silent',
      ),
      'ingest',
    ),
  )
    .option('--as-of <time>', 'time of rows without a date')
    .option('--no-wait', 'return before the values are stored')
    .addHelpText('after', IMPORT_HELP)
    .action((file: string, options: ImportOptions) => importCommand(wiring, file, options));
  withMappingOptions(
    root
      .command('replay')
      .description('play an event file on its own clock, apart from live data, with its screens')
      .argument('<file>', 'a CSV or XES file with a mapping, or JSON lines (.jsonl, .ndjson); also gzipped'),
  )
    .option('--speed <times>', 'how much faster than it was', positive, 100)
    .option('--catalogue <file>', CATALOGUE_HELP, collected)
    .option('--data <dir>', 'a new data directory to keep (default: a temporary one, removed at the end)')
    .option('--host <address>', 'address to listen on; any but loopback needs a key', '127.0.0.1')
    .option('--port <number>', 'port to listen on, 0 for any', port, DEFAULT_PORT + 1)
    .option('--log-limit <GiB>', 'size of the log above which it stops', positive, 8)
    .option('--log-level <level>', 'debug, info, warn, error or silent', 'info')
    .option('--exit', 'end when all is played and stored')
    .addHelpText('after', REPLAY_HELP)
    .action((file: string, options: ReplayOptions) => replay(wiring, file, options));
  withUrl(
    withDataOptions(
      root
        .command('query')
        .description('run one read-only SQL statement (ClickHouse) on the store')
        .argument('<sql>', 'views: kpi_current, kpi_history, case_list; tables: events, cases'),
      'silent',
    ),
    'wallboard',
  )
    .option(
      '--format <name>',
      'a ClickHouse format: PrettyCompact, CSVWithNames, JSONEachRow, …',
      'PrettyCompactMonoBlock',
    )
    .addHelpText('after', QUERY_HELP)
    .action((sql: string, options: CommonOptions & { format: string }) => query(wiring, sql, options));
  withUrl(withDataOptions(root.command('status').description('show how far every partition is'), 'silent'), 'wallboard')
    .option('--json', 'as JSON')
    .addHelpText('after', STATUS_HELP)
    .action((options: CommonOptions & { json?: boolean }) => status(wiring, options));
  withUrl(
    withDataOptions(
      root.command('diff').description('say what a changed catalogue would do to the values that are there'),
      'silent',
    ),
    'wallboard',
  )
    .argument('<file...>', 'the catalogue, YAML: one file or several, or a folder of them')
    .option('--from <time>', 'only windows that end after this time', instant)
    .option('--to <time>', 'only windows that end at this time at the latest', instant)
    .option('--json', 'as JSON')
    .addHelpText('after', DIFF_HELP)
    .action((files: readonly string[], options: DiffCommandOptions) => diffCommand(wiring, files, options));
  withUrl(
    withDataOptions(
      root.command('backfill').description('compute KPIs again from the archived events, while events go on coming in'),
      'silent',
    ),
    'wallboard',
  )
    .argument('[kpi...]', 'KPIs of the catalogue; none: all of them')
    .option('--json', 'as JSON')
    .addHelpText('after', BACKFILL_HELP)
    .action((kpis: readonly string[], options: CommonOptions & { json?: boolean }) =>
      backfillCommand(wiring, kpis, options),
    );
  withUrl(root.command('reload').description('have the running takt read its catalogue and screens again'), 'wallboard')
    .option('--data <dir>', 'data directory', process.env['TAKT_DATA'] ?? 'data')
    .option('--json', 'as JSON')
    .addHelpText('after', RELOAD_HELP)
    .action((options: { data: string; url?: string; json?: boolean }) => reload(options));
  withUrl(
    withDataOptions(
      root.command('verify').description('compute every KPI again from the archived events and compare'),
      'silent',
    ),
    'wallboard',
  )
    .option('--kpi <name>', 'only this KPI; may be given again', collected)
    .option('--from <time>', 'only windows that end after this time', instant)
    .option('--to <time>', 'only windows that end at this time at the latest', instant)
    .option('--json', 'as JSON')
    .addHelpText('after', VERIFY_HELP)
    .action((options: VerifyCommandOptions) => verifyCommand(wiring, options));
  withUrl(
    withDataOptions(
      root.command('explain').description('say what a value means, and list the cases and events behind it'),
      'silent',
    ),
    'wallboard',
  )
    .argument('<kpi>', 'a KPI of the catalogue')
    .option('--label <name=value>', 'the series; may be given again', labelled)
    .option('--at <time>', 'the value that held then; default: the latest', instant)
    .option('--cases <count>', 'how many cases to list, those that weigh most', caseCount, 10)
    .option('--language <language>', 'of the sentence: en or zh-CN', languageOf, 'en')
    .option('--json', 'as JSON')
    .addHelpText('after', EXPLAIN_HELP)
    .action((kpi: string, options: ExplainCommandOptions) => explainCommand(wiring, kpi, options));
  addLetters(root, wiring);
  const notify = root.command('notify').description('channels: where alerts go (docs/alerts.md)');
  notify
    .command('test')
    .description('send one test message to a channel of the catalogue, through the takt that runs or from here')
    .argument('<channel>', 'a name under channels: in the catalogue')
    .option('--data <dir>', 'data directory', process.env['TAKT_DATA'] ?? 'data')
    .option(
      '--catalogue <file>',
      'take this catalogue (a file or folder; may be given again), and send from here',
      collected,
    )
    .action((channel: string, options: NotifyTestOptions) => notifyTest(wiring, channel, options));
  root
    .command('lint')
    .description('check a KPI catalogue: errors with line and column, then what a careful colleague would ask')
    .argument('<file...>', 'the catalogue, YAML: one file or several, or a folder of them')
    .option('--data <dir>', 'also tell which activities of the events in this data directory it does not list')
    .addHelpText('after', LINT_HELP)
    .action((files: readonly string[], options: { data?: string }) => lint(wiring, files, options));
  root
    .command('key')
    .description('make an API key: shown once; takt keeps only its hash, from TAKT_API_KEY_HASH')
    .action(() => {
      process.stdout.write(keyText());
    });
  addServices(root, wiring);
  addEpoch(root, wiring);
  for (const command of [...root.commands, ...notify.commands])
    command.exitOverride().showHelpAfterError(`(takt ${command.name()} --help shows what there is)`);
  return root;
}

/** How the columns of a CSV or XES file become events. */
function withMappingOptions(command: Command): Command {
  return command
    .option('--mapping <file>', 'what the columns mean, YAML (docs/import.md); or say it with the flags below')
    .option('--workflow <name>', 'the workflow of the catalogue')
    .option('--case <column...>', 'columns that name the case; const:TEXT is a constant')
    .option('--activity <column...>', 'column of the activity, or const:TEXT')
    .option('--time <column...>', 'column of the time; several become several events, one per --activity')
    .option('--format <format...>', 'date formats, tried in order: yyyy/MM/dd HH:mm:ss.SSS, iso, epoch-ms, …')
    .option('--zone <zone>', 'zone of times that name none, such as Europe/Rome')
    .option('--dimension <name=column...>', 'a dimension and its column')
    .option('--where <column=text...>', 'take only rows with this text in the column; several texts may be given')
    .option('--value <expression>', 'exact decimal, such as "Quantity * UnitPrice"')
    .option('--delimiter <char>', 'between cells; \\t is a tab')
    .option('--encoding <name>', 'utf-8, latin1 or utf16le');
}
