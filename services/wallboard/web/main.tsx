import { render, type VNode } from 'preact';
import { fitTo } from './fit.ts';
import { HomePage } from './home-page.tsx';
import { KpiPage } from './kpi-page.tsx';
import { chooseLanguage, type Language } from './language.ts';
import { ScreenPage } from './screen-page.tsx';

/** The page that an address means. */
function pageOf(path: string, language: Language): VNode {
  const [, kind, name = ''] = path.split('/');
  if (kind === 'screens' && name !== '') return <ScreenPage name={decodeURIComponent(name)} language={language} />;
  if (kind === 'kpis' && name !== '') return <KpiPage name={decodeURIComponent(name)} language={language} />;
  return <HomePage language={language} />;
}

/** Has sizes fit the font that this browser shows the page in. */
function fitToFont(): void {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return;
  const size = 100;
  context.font = `700 ${size}px ${getComputedStyle(document.body).fontFamily}`;
  fitTo((text) => context.measureText(text).width / size);
}

const language = chooseLanguage(location.search, navigator.languages);
document.documentElement.lang = language;
fitToFont();
const root = document.getElementById('root');
if (root !== null) render(pageOf(location.pathname, language), root);
