import { chineseSentence } from '../../shared/core/sentence/sentence-chinese.ts';
import { formatDecimal } from '../../shared/core/decimal.ts';
import { type Definition, isTime } from '../../shared/core/definition.ts';
import { englishSentence } from '../../shared/core/sentence/sentence-english.ts';
import type { Language } from '../../shared/core/sentence/sentence.ts';
import { computedText, windowedJson } from './report.ts';
import { TOTAL_END_MS } from '../../shared/core/window/window.ts';
import type {
  ExplainedCase,
  ExplainedEvent,
  ExplainedInput,
  Explanation,
} from '../../shared/runtime/verify/explain.ts';

/** What is behind a value, for people: the KPI as a sentence, the value, then the cases with their events. */
export function explanationText(explanation: Explanation, language: Language): string {
  const { definition, value, inputs, inputsCount, notTold } = explanation;
  const { exact, samples, state, revision, reason } = value;
  const other = exact === null || exact === String(value.value) ? '' : ` = ${exact}`;
  const revised = revision === 0 ? '' : `, revision ${revision}${reason === '' ? '' : ` (${reason})`}`;
  const lines = [
    sentenceOf(explanation, language),
    `${placeOf(explanation)}: ${value.value ?? 'no value'}${other} (n ${samples}), ${state}${revised}`,
  ];
  if (notTold !== null) lines.push(`Its cases cannot be told: ${notTold}`);
  else if (inputs.length > 0) {
    lines.push('It is computed from:', ...inputs.flatMap(inputLines));
    if (inputsCount > inputs.length) lines.push(`  and ${inputsCount - inputs.length} earlier windows`);
  } else lines.push(...casesLines(definition, explanation));
  return `${lines.join('\n')}\n`;
}

/** A KPI that another one is computed from: its value, as its events give it, and its cases. */
function inputLines(input: ExplainedInput): string[] {
  const { kpi, computed } = input;
  const lines = casesLines(input.definition, input);
  return [`  ${kpi} ${computedText(computed)}`, ...lines.map((line) => `    ${line}`)];
}

function casesLines(
  definition: Definition,
  { cases, casesCount }: Pick<Explanation, 'cases' | 'casesCount'>,
): string[] {
  if (cases.length === 0) return ['No case contributes to it.'];
  const weighed = casesCount > cases.length ? `, the ${cases.length} that weigh most` : '';
  return [`${casesCount} cases${weighed}:`, ...cases.flatMap((each) => caseLines(definition, each))];
}

function sentenceOf({ definition }: Explanation, language: Language): string {
  const say = language === 'en' ? englishSentence : chineseSentence;
  return say(definition.kpi, definition);
}

function placeOf({ value: { labels, startMs, endMs } }: Explanation): string {
  const named = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const window = endMs === TOTAL_END_MS ? 'total' : startMs === endMs ? iso(endMs) : `${iso(startMs)} to ${iso(endMs)}`;
  return [...named, window].join(' ');
}

function caseLines(definition: Definition, each: ExplainedCase): string[] {
  const { caseId, contributions, amount, events, eventsCount } = each;
  const more = eventsCount - events.length;
  return [
    `  ${caseId} (${contributions}: ${amountText(definition, amount)})`,
    ...events.map((event) => `    ${eventText(event)}`),
    ...(more > 0 ? [`    and ${more} more events`] : []),
  ];
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a case adds up to, in the unit of the KPI: a time, a value, or a number of contributions. */
function amountText({ measure, aggregate, unit, scale }: Definition, amount: string): string {
  if (['count', 'ratio', 'distinct'].includes(aggregate.kind)) return amount;
  // Of a gauge it is how long its readings held.
  if (aggregate.kind === 'integral' && aggregate.of !== 'time') return `${Number(amount) / 60_000} min`;
  if (isTime(measure) || aggregate.kind === 'age' || aggregate.kind === 'integral')
    return `${Number(amount) / (UNIT_MS[unit] ?? 1)} ${unit}`;
  if (measure.kind === 'open' && (aggregate.kind !== 'level' || aggregate.of === undefined)) return amount;
  return formatDecimal({ unscaled: BigInt(amount), scale });
}

function eventText({ time, kind, activity, dimensions, value }: ExplainedEvent): string {
  const what = kind === 'event' ? activity : `${kind} ${activity}`.trimEnd();
  const rest = [
    ...(value === null ? [] : [`value=${value}`]),
    ...Object.entries(dimensions).map(([name, each]) => `${name}=${each}`),
  ];
  return [`${time.replace(' ', 'T')}Z`, what, ...rest].join('  ');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** The same for programs. */
export function explanationJson(explanation: Explanation, language: Language): unknown {
  const { definition, value, inputs, ...rest } = explanation;
  const { startMs, endMs, ...shown } = value;
  const total = endMs === TOTAL_END_MS;
  const windowed = { windowStart: total ? null : iso(startMs), windowEnd: total ? null : iso(endMs) };
  return {
    kpi: definition.kpi,
    sentence: sentenceOf(explanation, language),
    ...shown,
    ...windowed,
    ...rest,
    inputs: inputs.map(inputJson),
  };
}

function inputJson({ definition: _definition, ...input }: ExplainedInput): unknown {
  return windowedJson(input);
}
