import type { VNode } from 'preact';
import type { ScreenFrame, TileContent, TileFrame } from '../../shared/core/screen/wall-message.ts';
import { AlertsTile } from './alerts-tile.tsx';
import { ScreenHeader } from './screen-header.tsx';
import { type Language } from './language.ts';
import { NumberTile } from './number-tile.tsx';
import { TableTile } from './table-tile.tsx';
import { WORDS } from './texts.ts';
import type { TileScope } from './tile-words.ts';
import { useWall } from './use-wall.ts';
import { nowOf } from './wall-state.ts';

/** A wall screen: a header that never changes its height, and the tiles in their grid. */
export function ScreenPage({ name, language }: { readonly name: string; readonly language: Language }): VNode {
  const { state, monotonicMs } = useWall(`/v1/stream?screen=${encodeURIComponent(name)}`);
  const nowMs = nowOf(state, monotonicMs);
  if (state.screen === null) {
    const words = WORDS[language];
    const status = state.refusal === null ? 0 : state.refusal.status;
    return (
      <main class="message">
        <p>{status === 401 ? words.needsKey : status === 404 ? words.notFound : words.connecting}</p>
        {state.refusal === null ? null : <p class="message-detail">{state.refusal.message}</p>}
      </main>
    );
  }
  const { screen: frame, tiles, pipeline } = state.screen;
  const scope: TileScope = { screen: frame, pipeline, nowMs, language };
  return (
    <main class="wall">
      <div class="wall-shift" style={shiftAt(nowMs)}>
        <ScreenHeader state={state} screen={state.screen} nowMs={nowMs} language={language} />
        <div class={`grid columns-${frame.columns}`} style={gridOf(frame)}>
          {frame.tiles.map((tile, index) => (
            <Tile key={index} frame={tile} content={tiles[index]!} scope={scope} />
          ))}
        </div>
      </div>
    </main>
  );
}

function Tile({
  frame,
  content,
  scope,
}: {
  readonly frame: TileFrame;
  readonly content: TileContent;
  readonly scope: TileScope;
}): VNode {
  const { column, row, width, height } = frame.place;
  const style = {
    gridColumn: `${column + 1} / span ${width}`,
    gridRow: `${row + 1} / span ${height}`,
  };
  const size =
    frame.kind === 'hero' && width > 1 && height > 1 ? 'hero' : height > 1 ? 'tall' : width > 1 ? 'wide' : 'small';
  return (
    <section class={`tile kind-${frame.kind} size-${size}`} style={style}>
      {content.kind === 'number' ? <NumberTile frame={frame} content={content} scope={scope} /> : null}
      {content.kind === 'table' ? <TableTile frame={frame} content={content} scope={scope} /> : null}
      {content.kind === 'alerts' ? <AlertsTile height={height} content={content} scope={scope} /> : null}
    </section>
  );
}

function gridOf({ columns, rows }: ScreenFrame): Record<string, string> {
  return {
    gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
    gridTemplateRows: `repeat(${rows}, minmax(0, 1fr))`,
  };
}

/** Minutes between two steps of the shift against burn-in, and its four places. */
const SHIFT_EVERY_MS = 300_000;
const SHIFTS: readonly (readonly [x: number, y: number])[] = [
  [0, 0],
  [2, 0],
  [2, 2],
  [0, 2],
];

/** Moves the whole screen by two pixels now and then, so that nothing burns into the panel. */
function shiftAt(nowMs: number): Record<string, string> {
  const [x, y] = SHIFTS[Math.floor(nowMs / SHIFT_EVERY_MS) % SHIFTS.length] ?? [0, 0];
  return { transform: `translate(${x - 1}px, ${y - 1}px)` };
}
