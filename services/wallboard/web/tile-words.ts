import type {
  KpiFace,
  PipelineState,
  ScreenFrame,
  ShownValue,
  TileFrame,
} from '../../shared/core/screen/wall-message.ts';
import {
  formatAge,
  formatJudged,
  formatPeriod,
  formatShift,
  formatTarget,
  formatUnit,
  formatValue,
  mannerOf,
  NO_VALUE,
} from './format.ts';
import { type Mood, moodOf } from './freshness.ts';
import { labelText } from './label-text.ts';
import { type Language, textIn } from './language.ts';
import type { Status } from './status.ts';
import { WORDS, windowWords } from './texts.ts';

/** What all tiles of a screen are shown with. */
export interface TileScope {
  readonly screen: ScreenFrame;
  readonly pipeline: PipelineState;
  readonly nowMs: number;
  readonly language: Language;
}

/** Everything that is read on a number's tile. */
export interface NumberWords {
  readonly mood: Mood;
  readonly title: string;
  /** Of which series it speaks; empty where there is one only. */
  readonly series: string;
  readonly number: string;
  /** Stands beside the number; of a share the % belongs to the number. */
  readonly unit: string;
  readonly percent: boolean;
  readonly target: string;
  /** What was planned by the window's end; empty: nothing. */
  readonly plan: string;
  /** Over which time, and whether it is over. */
  readonly window: string;
  readonly windowShort: string;
  readonly status: Status;
  readonly statusText: string;
  readonly age: string;
}

/** What people see of a KPI, with the target of the value that is shown. */
export function faceOf({ face }: TileFrame, shown: ShownValue | null): KpiFace {
  return shown === null ? face! : { ...face!, target: shown.target };
}

/** Says a value in words: a stale or missing number is never shown as a fresh one. */
export function numberWords(frame: TileFrame, shown: ShownValue | null, scope: TileScope): NumberWords {
  const { screen, pipeline, nowMs, language } = scope;
  const face = faceOf(frame, shown);
  const { age, mood } = moodOf(frame, shown, screen, pipeline, nowMs);
  const counts = shown !== null && mood !== 'ended';
  return {
    mood,
    title: textIn(face.name, language),
    series:
      shown === null
        ? ''
        : labelText(
            frame.openLabels.map((name) => shown.labels[name] ?? ''),
            language,
          ),
    number: counts ? formatJudged(shown.value, face, shown.judgement, language, mannerOf(frame.kind)) : NO_VALUE,
    unit: face.percent ? '' : formatUnit(face.unit, language),
    percent: face.percent && counts && shown.value !== null,
    target: face.target === null ? '' : formatTarget(face.target, face, language),
    plan: counts ? planText(shown.planned, face, language) : '',
    window: windowText(shown, mood, face, windowWords(face.window, language), language),
    windowShort: windowText(shown, mood, face, windowWords(face.window, language, true), language),
    ...statusOf(mood, shown, language),
    age: recomputingText(face, pipeline, language) ?? (age.ms === null ? '' : formatAge(age.ms, language)),
  };
}

function planText(planned: number | null, face: KpiFace, language: Language): string {
  if (planned === null) return '';
  return `${WORDS[language].plan} ${formatValue(planned, face, language)}${face.percent ? '%' : ''}`;
}

/** How far the new definition of a KPI is, whose old one the tile shows; null: it has no other. */
function recomputingText({ kpi }: KpiFace, { recomputing }: PipelineState, language: Language): string | null {
  const share = recomputing?.[kpi];
  return share === undefined ? null : `${WORDS[language].recomputing} ${Math.floor(share * 100)}%`;
}

/** The window, a shift by its name; of a calendar window that is over, which one it was and what it came to. */
function windowText(shown: ShownValue | null, mood: Mood, face: KpiFace, window: string, language: Language): string {
  if (shown === null) return window;
  const shift = shown.shift === undefined ? null : formatShift(shown.shift, language);
  if (mood !== 'ended') return shift ?? window;
  const period =
    face.window.kind === 'tumbling'
      ? formatPeriod(face.window, shown.windowStartMs, shown.windowEndMs, language)
      : shift;
  if (period === null) return window;
  return `${period}: ${formatValue(shown.value, face, language)}${face.percent ? '%' : ''}`;
}

/** The shape and word of a mood; a fresh value's are those of its judgement. */
export function statusOf(
  mood: Mood,
  shown: ShownValue | null,
  language: Language,
): { readonly status: Status; readonly statusText: string } {
  const words = WORDS[language];
  switch (mood) {
    case 'stale':
      return { status: 'old', statusText: shown === null ? words.noneStale : words.stale };
    case 'late':
      return { status: 'old', statusText: words.late };
    case 'none':
      return { status: 'quiet', statusText: words.none };
    case 'ended':
    case 'quiet':
      return { status: 'quiet', statusText: words.quiet };
    case 'filling':
      return { status: 'filling', statusText: words.filling };
    case 'provisional':
    case 'final': {
      const judgement = shown === null ? null : shown.judgement;
      if (judgement === null) return { status: 'none', statusText: mood === 'provisional' ? words.soFar : '' };
      return { status: judgement, statusText: words.judged[judgement] };
    }
  }
}
