import type { VNode } from 'preact';
import type { CatalogueNotice } from '../../shared/core/screen/wall-message.ts';
import { formatTime } from './format.ts';
import type { Language } from './language.ts';
import { WORDS } from './texts.ts';

/** Says that a changed catalogue was not taken in, and why; nothing while all is well. */
export function CatalogueBanner({
  notice,
  nowMs,
  timezone,
  language,
}: {
  readonly notice: CatalogueNotice | undefined;
  readonly nowMs: number;
  readonly timezone: string;
  readonly language: Language;
}): VNode | null {
  if (notice === undefined) return null;
  const since = formatTime(notice.loadedMs, nowMs, timezone, language);
  return (
    <p class="banner" role="status">
      {WORDS[language].catalogueRefused(notice.problem, since)}
    </p>
  );
}
