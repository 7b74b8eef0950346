import type { VNode } from 'preact';
import type { TileContent, TileFrame } from '../../shared/core/wall-message.ts';
import { ChangingText } from './changing-text.tsx';
import { Bars, Sparkline } from './sparkline.tsx';
import { StatusShape } from './status-shape.tsx';
import { numberWords, type TileScope } from './tile-words.ts';

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
  const { window, target } = frame.face!;
  return (
    <div class={`tile-body mood-${words.mood} status-${words.status}`}>
      <div class="tile-history">
        {window.kind === 'tumbling' ? (
          <Bars points={content.points} target={target} />
        ) : (
          <Sparkline points={content.points} target={target} />
        )}
      </div>
      <h2 class="tile-title">
        {words.title}
        {words.series === '' ? null : <span class="tile-series"> {words.series}</span>}
      </h2>
      <div class={`tile-number digits-${Math.min(9, words.number.length)}`}>
        <span class="number">
          <ChangingText text={words.number} />
          {words.percent ? <span class="percent">%</span> : null}
        </span>
        <span class="number-side">
          {words.unit === '' ? null : <span class="unit">{words.unit}</span>}
          {words.target === '' ? null : <span class="target">{words.target}</span>}
          {words.window === '' ? null : <span class="window">{words.window}</span>}
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
