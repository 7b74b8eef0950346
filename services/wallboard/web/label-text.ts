import { OTHER_LABEL } from '../../shared/core/measure/labels.ts';
import { WORDS } from './texts.ts';
import type { Language } from './language.ts';

/** Label values in one line; those that a KPI's limit counts together are one word in the reader's language. */
export function labelText(values: readonly string[], language: Language): string {
  const isOther = values.length > 0 && values.every((value) => value === OTHER_LABEL);
  return isOther ? WORDS[language].other : values.join(' · ');
}
