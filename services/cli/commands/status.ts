import { lagOf } from '../lag.ts';
import type { StatusReport, Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { call, openToRead } from './session.ts';

/** `takt status`: how far every partition is. */
export async function status(wiring: Wiring, options: CommonOptions & { readonly json?: boolean }): Promise<void> {
  const session = await openToRead(wiring, options);
  let report: StatusReport;
  if (session.url !== null) report = (await call(session.url, '/v1/status')) as StatusReport;
  else {
    try {
      report = await session.takt.status();
    } finally {
      await session.takt.stop();
    }
  }
  process.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : table(report, session.url));
}

/** Width of the column of partitions, at least. */
const PLACE_CHARS_MIN = 22;

function table(report: StatusReport, url: string | null): string {
  const width = Math.max(
    PLACE_CHARS_MIN,
    ...report.tasks.map(({ topic, partition }) => `${topic}/${partition}`.length),
  );
  const lines = [
    url === null
      ? 'takt is not running; its data directory was read.'
      : `takt runs at ${url}${report.ready ? '' : ' (catching up)'}`,
    ...(report.halted === null ? [] : [`halted: ${report.halted}`]),
    ...(report.log === null
      ? []
      : [`log: ${(report.log.usedBytes / 1e6).toFixed(1)} MB of ${(report.log.limitBytes / 1e6).toFixed(0)} MB`]),
    ...catalogueLines(report),
    ...sourceLines(report),
    ...serviceLines(report),
    '',
    `stage      ${'partition'.padEnd(width)}    lag  unstored  watermark`,
  ];
  for (const task of report.tasks) {
    const { stage, topic, partition, nextOffset, storedOffset, watermarkMs, openImports, instance, lateMs } = task;
    const place = `${topic}/${partition}`;
    const watermark = watermarkMs === null ? '' : new Date(watermarkMs).toISOString();
    const imports = openImports.length === 0 ? '' : `  imports open: ${openImports.length}`;
    const kept = lateMs === undefined ? '' : `  takes events from ${new Date(lateMs).toISOString().slice(0, 10)}`;
    const lag = String(lagOf(task)).padStart(6);
    const unstored = String(Math.max(0, nextOffset - 1 - storedOffset)).padStart(9);
    const owner = instance === undefined ? '' : `  ${instance ?? 'no process has it'}`;
    lines.push(
      `${stage.padEnd(10)} ${place.padEnd(width)} ${lag} ${unstored}  ${watermark.padEnd(24)}${imports}${kept}${owner}`.trimEnd(),
    );
  }
  const { open, quarantined } = report.deadLetters;
  if (open > 0) lines.push('', `dead letters: ${open} open, ${quarantined} of them in quarantine (takt dead-letters)`);
  const { pending, failed, failedCount } = report.notifications;
  if (pending > 0) lines.push('', `notifications on their way: ${pending}`);
  if (failedCount > 0) lines.push('', `notifications given up (${failedCount}):`);
  for (const { rule, channel, attempts, reason, timeMs } of failed)
    lines.push(`  ${new Date(timeMs).toISOString()}  ${rule} to ${channel}, ${attempts} tries: ${reason}`);
  return `${[...lines, ...jobLines(report)].join('\n')}\n`;
}

function catalogueLines({ catalogue }: StatusReport): string[] {
  // A takt of an earlier version tells nothing of it.
  const { problem = null, progress = [], recomputing = [], limited = [] } = catalogue ?? {};
  const shares = new Map(progress.map(({ kpi, share }) => [kpi, ` ${Math.floor(share * 100)} %`]));
  return [
    ...(problem === null ? [] : [`the catalogue's files have errors, the one before stays in force: ${problem}`]),
    ...(recomputing.length === 0
      ? []
      : [`being recomputed: ${recomputing.map((kpi) => `${kpi}${shares.get(kpi) ?? ''}`).join(', ')}`]),
    ...limited.map(
      ({ kpi, seriesMax, labelSets }) =>
        `${kpi}: ${labelSets} label sets are more than its series_max: ${seriesMax} keep their labels, the rest counts as __other__`,
    ),
  ];
}

function sourceLines({ sources }: StatusReport): string[] {
  return sources.map(({ source, address, connected, sinceMs, reason }) => {
    const state = connected ? 'connected' : 'not connected';
    return `${source}: ${address} ${state} since ${new Date(sinceMs).toISOString()}${reason === '' ? '' : `: ${reason}`}`;
  });
}

function serviceLines({ services }: StatusReport): string[] {
  if (services.length === 0) return [];
  return [
    '',
    'service    state     process',
    ...services.map(({ service, state, instance, url, reasons }) => {
      const why = reasons.length === 0 ? '' : `  ${reasons.join('; ')}`;
      return `${service.padEnd(10)} ${state.padEnd(9)} ${instance} ${url}${why}`;
    }),
  ];
}

function jobLines({ jobs, heartbeat }: StatusReport): string[] {
  if (jobs.length === 0) return [];
  const lines = ['', 'job        last planned for          outcome      next'];
  for (const { job, nextMs, last } of jobs) {
    const planned = last === null ? '' : new Date(last.scheduledMs).toISOString();
    const next = nextMs === null ? '' : new Date(nextMs).toISOString();
    const reason = last === null || last.reason === '' ? '' : `  ${last.reason}`;
    lines.push(`${job.padEnd(10)} ${planned.padEnd(25)} ${(last?.outcome ?? '').padEnd(12)} ${next}${reason}`);
  }
  if (heartbeat?.stopped === true) lines.push('', `the line has stopped: ${heartbeat.reason}`);
  if (heartbeat?.receiverHears === false) lines.push('', 'the heartbeat receiver does not answer; takt goes on trying');
  return lines;
}
