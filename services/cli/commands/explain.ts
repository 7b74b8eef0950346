import { InvalidArgumentError } from 'commander';
import type { Language } from '../../shared/core/sentence/sentence.ts';
import { explainValue } from '../../shared/runtime/verify/explain.ts';
import { explanationJson, explanationText } from '../verify/explanation.ts';
import { verifySourceOf } from '../verify/session-source.ts';
import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { closeSession, openToRead } from './session.ts';
import { settled } from './settled.ts';

export interface ExplainCommandOptions extends CommonOptions {
  readonly label?: ReadonlyMap<string, string>;
  /** Milliseconds UTC. */
  readonly at?: number;
  readonly cases: number;
  readonly language: Language;
  readonly json?: boolean;
}

/** `takt explain`: a value, what it means, and the cases and events behind it. Throws KPI_UNKNOWN, VALUE_UNKNOWN, and what the store throws. */
export async function explainCommand(wiring: Wiring, kpi: string, options: ExplainCommandOptions): Promise<void> {
  const session = await openToRead(wiring, options);
  try {
    await settled(session);
    const explanation = await explainValue(verifySourceOf(session), {
      kpi,
      labels: options.label ?? new Map(),
      atMs: options.at ?? null,
      casesMax: options.cases,
    });
    process.stdout.write(
      options.json === true
        ? `${JSON.stringify(explanationJson(explanation, options.language), null, 2)}\n`
        : explanationText(explanation, options.language),
    );
  } finally {
    await closeSession(session);
  }
}

/** A label of an option, `name=value`, added to those before it. Throws InvalidArgumentError. */
export function labelled(text: string, before: ReadonlyMap<string, string> = new Map()): ReadonlyMap<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It must be a name and a value: team=north.');
  return new Map([...before, [text.slice(0, at), text.slice(at + 1)]]);
}

/** Most cases that are listed. */
const CASES_MAX = 1_000;

/** How many cases an option asks for. Throws InvalidArgumentError. */
export function caseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > CASES_MAX)
    throw new InvalidArgumentError(`It must be a whole number from 1 to ${CASES_MAX}.`);
  return count;
}

/** The language of an option. Throws InvalidArgumentError. */
export function languageOf(text: string): Language {
  if (text !== 'en' && text !== 'zh-CN') throw new InvalidArgumentError('It must be en or zh-CN.');
  return text;
}
