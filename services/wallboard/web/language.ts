import type { Texts } from '../../shared/core/screen/wall-message.ts';

/** The languages of the pages. */
export type Language = 'en' | 'zh-CN';

/** What `?lang=` says, else the first language of the browser that there is, else English. */
export function chooseLanguage(search: string, browser: readonly string[]): Language {
  const asked = new URLSearchParams(search).get('lang');
  for (const tag of asked === null ? browser : [asked, ...browser]) {
    if (/^zh\b/i.test(tag)) return 'zh-CN';
    if (/^en\b/i.test(tag)) return 'en';
  }
  return 'en';
}

/** A text in the language, else in English, else in any. */
export function textIn(texts: Texts, language: Language): string {
  return texts[language] ?? texts['en'] ?? Object.values(texts)[0] ?? '';
}
