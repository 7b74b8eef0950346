import type { VNode } from 'preact';
import type { ShownValue, TileContent, TileFrame } from '../../shared/core/screen/wall-message.ts';
import { ChangingText } from './changing-text.tsx';
import { roomOf, TITLE_SIZE, widthOf } from './fit.ts';
import { StatusShape } from './status-shape.tsx';
import { numberWords, statusOf, type TileScope } from './tile-words.ts';
import { WORDS } from './texts.ts';

/** Rows that there is room for, and those that have room for a word on their status beside its shape. */
const ROWS_MAX = 5;
const ROWS_WITH_WORDS = 4;
const ROWS_OF_ONE_CELL = 3;

/** The worst series of a KPI. */
export function TableTile({
  frame,
  content,
  scope,
}: {
  readonly frame: TileFrame;
  readonly content: Extract<TileContent, { readonly kind: 'table' }>;
  readonly scope: TileScope;
}): VNode {
  const rowsMax = Math.min(frame.worst, frame.place.height > 1 ? ROWS_MAX : ROWS_OF_ONE_CELL);
  const rows = content.rows.slice(0, rowsMax);
  const whole = numberWords(frame, oldest(rows), scope);
  const shown = whole.mood === 'ended' ? [] : rows;
  const about = [frame.face!.percent ? '%' : whole.unit, whole.window].filter((text) => text !== '').join(' · ');
  const { place } = frame;
  const twoLines = place.height > 1 && widthOf(whole.title) * TITLE_SIZE > roomOf(place, scope.screen.columns);
  const troubled = shown.length === 0 || whole.mood === 'stale' || whole.mood === 'late';
  const note = troubled ? whole.statusText : WORDS[scope.language].worstOf(shown.length, content.series);
  return (
    <div class={`tile-body tile-table mood-${whole.mood}`}>
      <h2 class={twoLines ? 'tile-title two-lines' : 'tile-title'}>{whole.title}</h2>
      <p class="table-about">
        <span class="table-unit">{about}</span>
        <span class="age">{whole.age}</span>
      </p>
      <ol
        class={rowsMax > ROWS_WITH_WORDS ? 'worst dense' : 'worst'}
        style={{ gridTemplateRows: `repeat(${rowsMax}, minmax(0, 1fr))` }}
      >
        {shown.map((row) => (
          <Row key={JSON.stringify(row.labels)} frame={frame} row={row} scope={scope} />
        ))}
      </ol>
      <div class="tile-foot">
        {troubled ? <StatusShape status={whole.status} /> : null}
        <span class="status-text">{note}</span>
      </div>
    </div>
  );
}

function Row({
  frame,
  row,
  scope,
}: {
  readonly frame: TileFrame;
  readonly row: ShownValue;
  readonly scope: TileScope;
}): VNode {
  const words = numberWords(frame, row, scope);
  const { status, statusText } = statusOf(words.mood, row, scope.language);
  return (
    <li class={`worst-row mood-${words.mood} status-${status}`}>
      <StatusShape status={status} />
      <span class="worst-names">
        <span class="worst-label">{words.series}</span>
        <span class="worst-status status-text">{statusText}</span>
      </span>
      <span class="worst-value">
        <ChangingText text={words.number} />
      </span>
    </li>
  );
}

/** The row that was told longest ago: a table is as old as that. */
function oldest(rows: readonly ShownValue[]): ShownValue | null {
  let found: ShownValue | null = null;
  for (const row of rows) if (found === null || row.windowEndMs < found.windowEndMs) found = row;
  return found;
}
