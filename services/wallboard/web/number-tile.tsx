import type { VNode } from 'preact';
import type { TileContent, TileFrame } from '../../shared/core/screen/wall-message.ts';
import { ChangingText } from './changing-text.tsx';
import { heroSize, numberSize, roomOf, TEXT_SIZE, TITLE_SIZE, widthOf } from './fit.ts';
import { Bars, Sparkline } from './sparkline.tsx';
import { StatusShape } from './status-shape.tsx';
import { WORDS } from './texts.ts';
import { faceOf, type NumberWords, numberWords, type TileScope } from './tile-words.ts';

/** Target and window in one line, in fewer words where there is little room. */
function aboutOf({ target, plan, window, windowShort }: NumberWords, room: number): string {
  const join = (each: string): string => [target, plan, each].filter((text) => text !== '').join(' · ');
  return widthOf(join(window)) * TEXT_SIZE <= room ? join(window) : join(windowShort);
}

/** A KPI as a number: with its target, status, age and little history; a hero is the same, larger. */
export function NumberTile({
  frame,
  content,
  scope,
}: {
  readonly frame: TileFrame;
  readonly content: Extract<TileContent, { readonly kind: 'number' }>;
  readonly scope: TileScope;
}): VNode {
  const words = numberWords(frame, content.shown, scope);
  const { window, target, fixed } = faceOf(frame, content.shown);
  const room = roomOf(frame.place, scope.screen.columns);
  const small = frame.kind !== 'hero';
  const title = [words.title, words.series].join(' ');
  const twoLines = small && widthOf(title) * TITLE_SIZE > room;
  const soFar = words.mood === 'provisional' ? WORDS[scope.language].soFar : '';
  const size = small
    ? numberSize(words, room, twoLines ? 9.6 : 11.5)
    : heroSize(words, [words.unit, words.target, words.plan, words.window, soFar], frame.place, scope.screen.columns);
  const style = { fontSize: `calc(${size} * var(--u))` };
  return (
    <div class={`tile-body mood-${words.mood} status-${words.status}`}>
      <div class="tile-history">
        {(window.kind === 'tumbling' || window.kind === 'shift') && !fixed ? (
          <Bars points={content.points} target={target} />
        ) : (
          <Sparkline points={content.points} target={target} />
        )}
      </div>
      <h2 class={twoLines ? 'tile-title two-lines' : 'tile-title'}>
        {words.title}
        {words.series === '' ? null : <span class="tile-series"> {words.series}</span>}
      </h2>
      {small ? <p class="tile-about">{aboutOf(words, room)}</p> : null}
      <div class="tile-number">
        <span class="number" style={style}>
          <ChangingText text={words.number} />
          {words.percent ? <span class="percent">%</span> : null}
        </span>
        <span class="number-side">
          {words.unit === '' ? null : <span class="unit">{words.unit}</span>}
          {small || words.target === '' ? null : <span class="target">{words.target}</span>}
          {small || words.plan === '' ? null : <span class="target">{words.plan}</span>}
          {small || words.window === '' ? null : <span class="window">{words.window}</span>}
          {small || soFar === '' ? null : <span class="so-far">{soFar}</span>}
        </span>
      </div>
      <div class="tile-foot">
        {words.statusText === '' ? null : <StatusShape status={words.status} />}
        <span class="status-text">{words.statusText}</span>
        <span class="age">{words.age}</span>
      </div>
    </div>
  );
}
