import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { CatalogueNotice, KpiFace, Texts } from '../../shared/core/screen/wall-message.ts';
import { CatalogueBanner } from './catalogue-banner.tsx';
import { addressOf, getJson } from './api.ts';
import { type Language, textIn } from './language.ts';
import { WORDS } from './texts.ts';

interface Lists {
  readonly empty: boolean;
  readonly screens: readonly { readonly name: string; readonly title: Texts; readonly generated: boolean }[];
  readonly deadLetters: { readonly open: number; readonly quarantined: number };
  readonly catalogue?: CatalogueNotice;
  readonly kpis: readonly { readonly kpi: string; readonly face: KpiFace; readonly sentence: Texts }[];
}

/** What there is to see, and how to begin where there is nothing yet. */
export function HomePage({ language }: { readonly language: Language }): VNode {
  const [lists, setLists] = useState<Lists | null>(null);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    Promise.all([
      getJson<Pick<Lists, 'empty' | 'screens' | 'catalogue'>>('/v1/screens'),
      getJson<Pick<Lists, 'kpis'>>('/v1/kpis'),
      // Without it the page still says what there is to see.
      getJson<Pick<Lists, 'deadLetters'>>('/v1/status').catch(() => ({ deadLetters: { open: 0, quarantined: 0 } })),
    ]).then(
      ([screens, kpis, { deadLetters }]) => setLists({ ...screens, ...kpis, deadLetters }),
      (error: Error) => setFailure(error.message),
    );
  }, []);
  const words = WORDS[language];
  if (lists === null) return <main class="page">{failure === '' ? words.loading : failure}</main>;
  return (
    <main class="page">
      <h1>takt</h1>
      <CatalogueBanner
        notice={lists.catalogue}
        nowMs={Date.now()}
        timezone={Intl.DateTimeFormat().resolvedOptions().timeZone}
        language={language}
      />
      {lists.empty ? (
        <section class="begin">
          <h2>{words.beginTitle}</h2>
          {words.begin.map(({ say, type }) => (
            <p>
              {say}: <code>{type}</code>
            </p>
          ))}
        </section>
      ) : null}
      {lists.deadLetters.open === 0 ? null : (
        <p>
          {words.deadLetters(lists.deadLetters.open, lists.deadLetters.quarantined)}: <code>takt dead-letters</code>
        </p>
      )}
      <h2>{words.screens}</h2>
      <ul class="cards">
        {lists.screens.map(({ name, title, generated }) => (
          <li>
            <a class="card" href={addressOf(`/screens/${encodeURIComponent(name)}`)}>
              <strong>{textIn(title, language)}</strong>
              {generated ? <span>{words.generated}</span> : null}
            </a>
          </li>
        ))}
      </ul>
      <h2>{words.kpis}</h2>
      <ul class="kpis">
        {lists.kpis.map(({ kpi, face, sentence }) => (
          <li>
            <a href={addressOf(`/kpis/${kpi}`)}>{textIn(face.name, language)}</a>
            <p>{textIn(sentence, language)}</p>
          </li>
        ))}
      </ul>
    </main>
  );
}
