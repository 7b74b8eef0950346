import type { OTHER_LABEL } from '../../shared/core/measure/labels.ts';
import { WORDS } from './texts.ts';
import type { Language } from './language.ts';

/** Pages take types of core alone: the compiler holds that it is the same. */
const OTHER: typeof OTHER_LABEL = '__other__';

/** Label values in one line; those that a KPI's limit counts together are one word in the reader's language. */
export function labelText(values: readonly string[], language: Language): string {
  const isOther = values.length > 0 && values.every((value) => value === OTHER);
  return isOther ? WORDS[language].other : values.join(' · ');
}
