import type { VNode } from 'preact';
import type { ShownValue, TileContent, TileFrame } from '../../shared/core/wall-message.ts';
import { ChangingText } from './changing-text.tsx';
import { StatusShape } from './status-shape.tsx';
import { numberWords, statusOf, type TileScope } from './tile-words.ts';
import { WORDS } from './texts.ts';

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
  const { rows } = content;
  const whole = numberWords(frame, oldest(rows), scope);
  const shown = whole.mood === 'ended' ? [] : rows;
  return (
    <div class={`tile-body tile-table mood-${whole.mood}`}>
      <h2 class="tile-title">{whole.title}</h2>
      <ol class="worst">
        {shown.map((row) => (
          <Row key={JSON.stringify(row.labels)} frame={frame} row={row} scope={scope} />
        ))}
      </ol>
      <div class="tile-foot">
        {shown.length === 0 ? <StatusShape status={whole.status} /> : null}
        <span class="status-text">
          {shown.length === 0 || whole.mood === 'stale' || whole.mood === 'late'
            ? whole.statusText
            : `${whole.unit}${whole.unit === '' ? '' : ' · '}${shown.length} ${WORDS[scope.language].of} ${content.series}`}
        </span>
        <span class="age">{whole.age}</span>
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
      <span class="worst-label">{words.series}</span>
      <span class="worst-value">
        <ChangingText text={words.number} />
      </span>
      <span class="hidden">{statusText}</span>
    </li>
  );
}

/** The row that was told longest ago: a table is as old as that. */
function oldest(rows: readonly ShownValue[]): ShownValue | null {
  let found: ShownValue | null = null;
  for (const row of rows) if (found === null || row.windowEndMs < found.windowEndMs) found = row;
  return found;
}
