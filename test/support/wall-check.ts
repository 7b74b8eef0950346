import type { Page } from 'playwright-core';
import type { SnapshotMessage } from '../../services/shared/core/screen/wall-message.ts';
import { formatJudged, mannerOf } from '../../services/wallboard/web/format.ts';
import type { Language } from '../../services/wallboard/web/language.ts';
import { EventParser } from '../../services/wallboard/web/event-parser.ts';
import { getJson } from './takt-process.ts';

interface ValueRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | null;
}

/** What one number on a screen says, and what GET /v1/values says of the same series. */
export interface ComparedNumber {
  readonly kpi: string;
  readonly shown: string;
  readonly told: string;
}

/**
 * The numbers of a screen beside those of GET /v1/values, tile by tile and row by row. Of a calendar window that is over
 * a tile has its number with the window's name.
 */
export async function compareNumbers(
  page: Page,
  url: string,
  screen: string,
  language: Language,
): Promise<ComparedNumber[]> {
  const { screen: frame, tiles } = await snapshotOf(url, screen);
  const shown = await page.evaluate<string[][]>(
    `[...document.querySelectorAll('.tile')].map((tile) => {
      const ended = tile.querySelector('.mood-ended .tile-about, .mood-ended .window');
      if (ended !== null) return [ended.textContent.split(': ').pop().replace('%', '')];
      return [...tile.querySelectorAll('.number > .changing, .worst-value > .changing')].map((each) => each.textContent);
    })`,
  );
  const compared: ComparedNumber[] = [];
  for (const [index, content] of tiles.entries()) {
    const face = frame.tiles[index]!.face;
    if (face === null || content.kind === 'alerts') continue;
    const manner = mannerOf(frame.tiles[index]!.kind);
    const values = content.kind === 'number' ? [content.shown] : content.rows;
    const { rows } = (await getJson(`${url}/v1/values?kpi=${face.kpi}`)) as { rows: ValueRow[] };
    for (const [row, text] of (shown[index] ?? []).entries()) {
      const judgement = values[row]?.judgement ?? null;
      const labels = JSON.stringify(values[row]?.labels);
      const told = rows.find((each) => JSON.stringify(each.labels) === labels);
      compared.push({
        kpi: face.kpi,
        shown: text,
        told: told === undefined ? 'no row' : formatJudged(told.value, face, judgement, language, manner),
      });
    }
  }
  return compared;
}

/** The first message of a screen's stream. Throws when it is another one. */
export async function snapshotOf(url: string, screen: string): Promise<SnapshotMessage> {
  const abort = new AbortController();
  const response = await fetch(`${url}/v1/stream?screen=${screen}`, { signal: abort.signal });
  if (response.body === null || !response.ok) throw new Error(`${response.status} ${await response.text()}`);
  let first: { name: string; data: string } | null = null;
  const parser = new EventParser((name, data) => (first ??= { name, data }));
  const decoder = new TextDecoder();
  for await (const bytes of response.body) {
    parser.push(decoder.decode(bytes as Uint8Array, { stream: true }));
    if (first !== null) break;
  }
  abort.abort();
  const { name, data } = first as unknown as { name: string; data: string };
  if (name !== 'snapshot') throw new Error(`the stream begins with ${name}`);
  return JSON.parse(data) as SnapshotMessage;
}
