import type { Kpi } from '../catalogue/catalogue.ts';
import { englishSentence } from './sentence-english.ts';
import { chineseSentence } from './sentence-chinese.ts';

/** The languages a KPI can say itself in. */
export type Language = 'en' | 'zh-CN';

/** What a KPI is, as one plain sentence: its name in that language (else in English), and how it is computed. */
export function sentence(kpi: Kpi, language: Language): string {
  const name = kpi.name[language] ?? kpi.name['en'] ?? Object.values(kpi.name)[0] ?? kpi.definition.kpi;
  return language === 'en' ? englishSentence(name, kpi.definition) : chineseSentence(name, kpi.definition);
}
