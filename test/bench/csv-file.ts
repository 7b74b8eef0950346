import { open } from 'node:fs/promises';
import { CSV_HEADER, csvLine, workload } from './workload.ts';

const LINES_PER_WRITE = 5_000;

/** What of the workload goes into a file. */
export interface CsvContent {
  readonly path: string;
  /** Names the stream: its ids begin with it. */
  readonly name: string;
  readonly events: number;
  /** The event times are spread evenly over [fromMs, toMs). */
  readonly fromMs: number;
  readonly toMs: number;
  /** Cases that stay open; default: the workload's. */
  readonly openCases?: number;
}

/** Writes a CSV file of the workload; gives its size in bytes. */
export async function writeCsv({ path, name, events, fromMs, toMs, openCases }: CsvContent): Promise<number> {
  const file = await open(path, 'w');
  try {
    const stream = workload(name, openCases);
    const stepMs = (toMs - fromMs) / events;
    let text = CSV_HEADER;
    for (let i = 0; i < events; i++) {
      text += csvLine(stream.next().value, Math.floor(fromMs + i * stepMs));
      if ((i + 1) % LINES_PER_WRITE > 0) continue;
      await file.write(text);
      text = '';
    }
    await file.write(text);
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

/** What `takt import` must be told about such a file. */
export const CSV_FLAGS: readonly string[] = [
  '--workflow=bench',
  '--case=case',
  '--activity=activity',
  '--time=time',
  '--format=iso',
  '--dimension=team=team',
];
