import { TaktError } from '../../shared/core/errors.ts';
import { describeDirectory, findRunning } from '../data-directory.ts';
import type { ReloadReport } from '../wiring.ts';
import { call } from './session.ts';

/** `takt reload`: the running takt reads its catalogue again. Throws NOT_RUNNING, and what is wrong with the files. */
export async function reload(options: {
  readonly data: string;
  readonly url?: string;
  readonly json?: boolean;
}): Promise<void> {
  const url = options.url ?? (await findRunning(describeDirectory(options.data)));
  if (url === null)
    throw new TaktError(
      'NOT_RUNNING',
      `No takt runs on ${options.data}; the next start reads the catalogue anyway. Name another one with --data or --url.`,
    );
  const report = (await call(url, '/v1/reload', {})) as ReloadReport;
  process.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
}

function textOf({ changed, added, removed, recomputing }: ReloadReport): string {
  const lines = [changed ? 'The catalogue that the files have now is in force.' : 'Nothing has changed.'];
  if (added.length > 0) lines.push(`  new          ${added.join(', ')}`);
  if (removed.length > 0) lines.push(`  removed      ${removed.join(', ')} (stopped; what was computed stays)`);
  if (recomputing.length > 0) lines.push(`  recomputing  ${recomputing.join(', ')} (takt status says how far)`);
  return `${lines.join('\n')}\n`;
}
