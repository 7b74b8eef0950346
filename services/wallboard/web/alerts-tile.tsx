import type { VNode } from 'preact';
import type { ShownAlert, TileContent } from '../../shared/core/screen/wall-message.ts';
import { formatAge } from './format.ts';
import { labelText } from './label-text.ts';
import { textIn } from './language.ts';
import type { Status } from './status.ts';
import { StatusShape } from './status-shape.tsx';
import { WORDS } from './texts.ts';
import type { TileScope } from './tile-words.ts';

/** Alerts that a row of cells has room for. */
const ROWS_PER_CELL = 3;

const STATUS: Readonly<Record<ShownAlert['severity'], Status>> = { page: 'bad', warning: 'near', info: 'none' };

/** The alerts that fire, then those about to; where there are none, that somebody watches. */
export function AlertsTile({
  height,
  content,
  scope,
}: {
  /** In cells of the grid. */
  readonly height: number;
  readonly content: Extract<TileContent, { readonly kind: 'alerts' }>;
  readonly scope: TileScope;
}): VNode {
  const words = WORDS[scope.language];
  const { firing, pending, firingCount, rules } = content;
  const rows = [...firing, ...pending].slice(0, ROWS_PER_CELL * height);
  const hidden = firingCount + pending.length - rows.length;
  const worst = firing[0] === undefined ? (rules === 0 ? 'none' : 'good') : STATUS[firing[0].severity];
  return (
    <div class={`tile-body tile-alerts status-${worst}`}>
      <h2 class="tile-title">
        {words.alerts}
        {firingCount > 0 ? <span class="alert-count"> {firingCount}</span> : null}
        {hidden > 0 ? <span class="alert-more"> +{words.more(hidden)}</span> : null}
      </h2>
      {rows.length > 0 ? (
        <ol class="alert-rows">
          {rows.map((alert) => (
            <AlertRow key={`${alert.rule} ${JSON.stringify(alert.labels)}`} alert={alert} scope={scope} />
          ))}
        </ol>
      ) : (
        <div class="alert-calm">
          <p class="alert-none">
            <StatusShape status={worst} />
            <span class="status-text">{rules === 0 ? words.noRules : words.noAlerts}</span>
          </p>
          {rules === 0 ? null : <p class="alert-rules">{words.rules(rules)}</p>}
        </div>
      )}
    </div>
  );
}

function AlertRow({ alert, scope }: { readonly alert: ShownAlert; readonly scope: TileScope }): VNode {
  const { language, nowMs } = scope;
  const words = WORDS[language];
  const pending = alert.state === 'pending';
  const status = pending ? 'filling' : STATUS[alert.severity];
  const name = alert.face === null ? alert.rule : textIn(alert.face.name, language);
  return (
    <li class={`alert-row status-${status}`}>
      <StatusShape status={status} />
      <span class="alert-severity status-text">{pending ? words.pending : words.severities[alert.severity]}</span>
      <span class="alert-name">
        {[name, labelText(Object.values(alert.labels), language)].filter((text) => text !== '').join(' · ')}
      </span>
      <span class="age">{formatAge(nowMs - alert.sinceMs, language)}</span>
    </li>
  );
}
