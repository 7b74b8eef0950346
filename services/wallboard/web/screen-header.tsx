import type { VNode } from 'preact';
import type { SnapshotMessage } from '../../shared/core/screen/wall-message.ts';
import { CatalogueBanner } from './catalogue-banner.tsx';
import { formatTime } from './format.ts';
import { type Language, textIn } from './language.ts';
import { type Words, WORDS } from './texts.ts';
import type { WallState } from './wall-state.ts';

/** Records behind that are told: less is what is under way. */
const BEHIND_RECORDS_MIN = 5_000;

/** Title and clock, or in their place what is wrong with what is shown. */
export function ScreenHeader({
  state,
  screen,
  nowMs,
  language,
}: {
  readonly state: WallState;
  readonly screen: SnapshotMessage;
  readonly nowMs: number;
  readonly language: Language;
}): VNode {
  const words = WORDS[language];
  const { timezone, title } = screen.screen;
  const trouble = troubleOf(state, screen, nowMs, words, language);
  const notice = screen.pipeline.catalogue;
  return (
    <header class={trouble === null ? 'header' : `header header-${trouble.grade}`}>
      <h1 class="header-title">{textIn(title, language)}</h1>
      {trouble === null && notice !== undefined ? (
        <CatalogueBanner notice={notice} nowMs={nowMs} timezone={timezone} language={language} />
      ) : (
        <p class="header-trouble" role="status">
          {trouble === null ? '' : trouble.text}
        </p>
      )}
      <p class="header-live">{trouble === null ? words.live : ''}</p>
      <time class="header-clock">{formatTime(nowMs, nowMs, timezone, language)}</time>
    </header>
  );
}

interface Trouble {
  readonly grade: 'warn' | 'bad';
  readonly text: string;
}

/** The gravest trouble: no connection, then what the pipeline says of itself. */
function troubleOf(
  state: WallState,
  { screen, pipeline }: SnapshotMessage,
  nowMs: number,
  words: Words,
  language: Language,
): Trouble | null {
  if (state.connection === 'refused' && state.refusal !== null)
    return { grade: 'bad', text: words.refused(state.refusal.message) };
  if (state.connection !== 'open' && state.lostSinceMs !== null)
    return { grade: 'bad', text: words.offline(formatTime(state.lostSinceMs, nowMs, screen.timezone, language)) };
  const [reason = ''] = pipeline.reasons;
  const because = reason === '' ? '' : `: ${reason}`;
  if (pipeline.state === 'halted') return { grade: 'bad', text: `${words.halted}${because}` };
  if (pipeline.state === 'failing') return { grade: 'bad', text: `${words.failing}${because}` };
  if (pipeline.state === 'starting') return { grade: 'warn', text: words.starting };
  const lag = screen.workflows.reduce((sum, { name }) => {
    const workflow = pipeline.workflows[name];
    return sum + (workflow === undefined ? 0 : workflow.lagRecords);
  }, 0);
  if (lag >= BEHIND_RECORDS_MIN)
    return { grade: 'warn', text: words.behind(new Intl.NumberFormat(language).format(lag)) };
  return null;
}
