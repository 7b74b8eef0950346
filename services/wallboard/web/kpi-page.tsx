import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { addressOf } from './api.ts';
import { formatShift, formatTarget, formatTime, formatUnit, formatValue } from './format.ts';
import { drawHistory, type HistoryLine } from './history-chart.ts';
import { labelText } from './label-text.ts';
import { type Language, textIn } from './language.ts';
import { NumberTile } from './number-tile.tsx';
import { ScreenHeader } from './screen-header.tsx';
import { TableTile } from './table-tile.tsx';
import { WORDS } from './texts.ts';
import type { TileScope } from './tile-words.ts';
import { type HistoryRow, type KpiHistory, useHistory } from './use-history.ts';
import { useWall } from './use-wall.ts';
import { nowOf } from './wall-state.ts';

/** Rows of the table that stands in for the chart. */
const TABLE_ROWS_MAX = 200;

/** The page of a KPI: what it is in a sentence, what it is now, and how it came there. */
export function KpiPage({ name, language }: { readonly name: string; readonly language: Language }): VNode {
  const { state, monotonicMs } = useWall(`/v1/stream?kpi=${encodeURIComponent(name)}`);
  const { history, failure } = useHistory(name);
  const words = WORDS[language];
  const nowMs = nowOf(state, monotonicMs);
  if (state.screen === null || history === null) {
    const status = state.refusal === null ? 0 : state.refusal.status;
    return (
      <main class="page">
        <p>{status === 404 ? words.notFound : status === 401 ? words.needsKey : words.loading}</p>
        <p>{state.refusal === null ? failure : state.refusal.message}</p>
      </main>
    );
  }
  const { screen, tiles, pipeline } = state.screen;
  const scope: TileScope = { screen, pipeline, nowMs, language };
  return (
    <main class="page kpi-page">
      <ScreenHeader state={state} screen={state.screen} nowMs={nowMs} language={language} />
      <p class="sentence">{textIn(history.sentence, language)}</p>
      <div class="kpi-now">
        {screen.tiles.map((frame, index) => {
          const content = tiles[index]!;
          return (
            <section class={`tile kind-${frame.kind} size-${frame.kind === 'hero' ? 'hero' : 'tall'}`}>
              {content.kind === 'number' ? <NumberTile frame={frame} content={content} scope={scope} /> : null}
              {content.kind === 'table' ? <TableTile frame={frame} content={content} scope={scope} /> : null}
            </section>
          );
        })}
      </div>
      <Facts history={history} language={language} />
      <h2>{words.history}</h2>
      <Chart history={history} timezone={screen.timezone} language={language} />
      <HistoryTable history={history} nowMs={nowMs} timezone={screen.timezone} language={language} />
      <p>
        <a href={addressOf('/')}>{words.home}</a>
      </p>
    </main>
  );
}

function Facts({ history, language }: { readonly history: KpiHistory; readonly language: Language }): VNode {
  const words = WORDS[language];
  const { face, objective, owner, source } = history;
  const facts: readonly (readonly [name: string, text: string | null])[] = [
    [words.objective, objective],
    [words.target, face.target === null ? null : formatTarget(face.target, face, language)],
    [words.baseline, face.baseline === null ? null : formatTarget(face.baseline, { ...face, better: null }, language)],
    [words.source, source],
    [words.owner, owner],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, text]) =>
        text === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function labelOf(row: HistoryRow, language: Language): string {
  return labelText(Object.values(row.labels), language);
}

function linesOf(history: KpiHistory, language: Language): HistoryLine[] {
  const byLabel = new Map<string, [number, number | null][]>();
  for (const row of history.rows) {
    const own = labelOf(row, language);
    const label = own === '' ? textIn(history.face.name, language) : own;
    const points = byLabel.get(label) ?? [];
    points.push([Date.parse(row.windowEnd), row.value]);
    byLabel.set(label, points);
  }
  return [...byLabel].map(([label, points]) => ({ label, points }));
}

function Chart({
  history,
  timezone,
  language,
}: {
  readonly history: KpiHistory;
  readonly timezone: string;
  readonly language: Language;
}): VNode {
  const place = useRef<HTMLDivElement>(null);
  const { time, target, baseline } = WORDS[language];
  useEffect(() => {
    if (place.current === null || history.rows.length === 0) return undefined;
    const words = { time, target, baseline, timezone, language };
    return drawHistory(place.current, linesOf(history, language), history.face, words);
  }, [history, timezone, language]);
  return <div class="chart" ref={place} role="img" aria-label={textIn(history.face.name, language)} />;
}

function HistoryTable({
  history,
  nowMs,
  timezone,
  language,
}: {
  readonly history: KpiHistory;
  readonly nowMs: number;
  readonly timezone: string;
  readonly language: Language;
}): VNode {
  const words = WORDS[language];
  const { face } = history;
  const unit = face.percent ? '%' : formatUnit(face.unit, language);
  const rows = [...history.rows]
    .sort((a, b) => Date.parse(b.windowEnd) - Date.parse(a.windowEnd))
    .slice(0, TABLE_ROWS_MAX);
  return (
    <details class="history-table">
      <summary>{words.asTable}</summary>
      <table>
        <thead>
          <tr>
            <th>{words.time}</th>
            <th>{words.series}</th>
            <th>
              {words.value}
              {unit === '' ? '' : ` (${unit})`}
            </th>
            <th>{words.samples}</th>
            <th>{words.state}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.windowEnd} ${labelOf(row, language)}`}>
              <td>
                {row.shift === undefined
                  ? formatTime(Date.parse(row.windowEnd), nowMs, timezone, language)
                  : formatShift(row.shift, language)}
              </td>
              <td>{labelOf(row, language)}</td>
              <td>{formatValue(row.value, face, language)}</td>
              <td>{row.samples}</td>
              <td>{words.states[row.state]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
