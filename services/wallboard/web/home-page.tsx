import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { firstProblem } from '../../shared/core/screen/first-problem.ts';
import type { CatalogueNotice, KpiFace, Texts } from '../../shared/core/screen/wall-message.ts';
import { CatalogueBanner } from './catalogue-banner.tsx';
import { addressOf, getJson } from './api.ts';
import { type Language, textIn } from './language.ts';
import { WORDS } from './texts.ts';

interface Lists {
  readonly empty: boolean;
  readonly screens: readonly { readonly name: string; readonly title: Texts; readonly generated: boolean }[];
  readonly deadLetters: { readonly open: number; readonly quarantined: number };
  readonly catalogue?: { readonly problem: string | null; readonly loadedMs: number };
  readonly kpis: readonly { readonly kpi: string; readonly face: KpiFace; readonly sentence: Texts }[];
}

/** What there is to see, and how to begin where there is nothing yet. */
export function HomePage({ language }: { readonly language: Language }): VNode {
  const [lists, setLists] = useState<Lists | null>(null);
  const [failure, setFailure] = useState('');
  useEffect(() => {
    Promise.all([
      getJson<Pick<Lists, 'empty' | 'screens'>>('/v1/screens'),
      getJson<Pick<Lists, 'kpis'>>('/v1/kpis'),
      // Without it the page still says what there is to see.
      getJson<Pick<Lists, 'deadLetters' | 'catalogue'>>('/v1/status').catch((): Pick<Lists, 'deadLetters'> => {
        return { deadLetters: { open: 0, quarantined: 0 } };
      }),
    ]).then(
      ([screens, kpis, status]) => setLists({ ...status, ...screens, ...kpis }),
      (error: Error) => setFailure(error.message),
    );
  }, []);
  const words = WORDS[language];
  if (lists === null) return <main class="page">{failure === '' ? words.loading : failure}</main>;
  return (
    <main class="page">
      <h1>takt</h1>
      <CatalogueBanner
        notice={noticeOf(lists)}
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

function noticeOf({ catalogue }: Lists): CatalogueNotice | undefined {
  if (catalogue === undefined || catalogue.problem === null) return undefined;
  return { problem: firstProblem(catalogue.problem), loadedMs: catalogue.loadedMs };
}
