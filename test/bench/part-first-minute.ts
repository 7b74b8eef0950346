import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { browserMissing, launchBrowser } from '../support/browser.ts';
import type { Figure, Part } from './figure.ts';
import { packageRoot } from './package-root.ts';
import { median } from './quantiles.ts';

const SCREENS = ['production-line', 'helpdesk', 'sales'] as const;
const SCREEN_PIXELS = { width: 1920, height: 1080 };
const POLL_MS = 25;
/** Gives up then: nothing is shown by that time. */
const LIMIT_MS = 120_000;
const HISTORY_LIMIT_MS = 600_000;

/** Seconds from `npm start` to each step. */
interface Steps {
  readonly listening: number;
  readonly live: number;
  readonly painted: number;
  readonly shown: number;
  readonly changed: number;
  readonly history: number | null;
}

/** Counts in the page how often each tile's number became another one; a first value is no change. */
const WATCH = `
  window.taktSeen = new Map();
  new MutationObserver(() => {
    document.querySelectorAll('.tile').forEach((tile, index) => {
      tile.querySelectorAll('.number > .changing, .worst-value > .changing').forEach((each, row) => {
        const key = index + '/' + row;
        const text = each.textContent;
        if (!/[0-9]/.test(text)) return;
        const seen = window.taktSeen.get(key);
        if (seen === undefined) window.taktSeen.set(key, { text, changes: 0 });
        else if (seen.text !== text) window.taktSeen.set(key, { text, changes: seen.changes + 1 });
      });
    });
  }).observe(document, { subtree: true, childList: true, characterData: true });
`;
const PAINTED = `document.querySelector('.tile') !== null`;
const SHOWN = `(() => {
  const tiles = [...document.querySelectorAll('.tile')];
  const shows = (tile) => tile.querySelector('.tile-alerts') !== null ||
    [...tile.querySelectorAll('.number > .changing, .worst-value > .changing')].some((each) => /[0-9]/.test(each.textContent));
  return tiles.length > 0 && tiles.every(shows);
})()`;
const CHANGED = `[...window.taktSeen.values()].some(({ changes }) => changes >= 2)`;

/** `npm start` in a fresh clone; killed with all that it started. */
class Start {
  readonly child: ChildProcess;
  private said = '';
  private readonly startMs = performance.now();
  private ended = false;

  constructor(folder: string) {
    this.child = spawn('npm', ['start', '--', '--port', '0'], {
      cwd: folder,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr!.on('data', (text: Buffer) => (this.said += text.toString()));
    this.child.once('close', () => (this.ended = true));
  }

  /** Seconds since the start. */
  seconds(): number {
    return (performance.now() - this.startMs) / 1_000;
  }

  /** Waits until it has said something; gives what matched. Throws when it ends, or does not in time. */
  async says(pattern: RegExp, limitMs = LIMIT_MS): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.said);
      if (found !== null) return found;
      if (this.ended || this.seconds() * 1_000 > limitMs)
        throw new Error(`npm start did not say ${pattern}: ${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const closed = new Promise((resolve) => this.child.once('close', resolve));
    process.kill(-this.child.pid!, 'SIGINT');
    await closed;
  }
}

async function measure(browser: Browser, folder: string, screen: string, withHistory: boolean): Promise<Steps> {
  execFileSync('git', ['clone', '--quiet', packageRoot, folder]);
  await symlink(join(packageRoot, 'node_modules'), join(folder, 'node_modules'));
  const page = await browser.newPage({ viewport: SCREEN_PIXELS });
  await page.addInitScript(WATCH);
  const start = new Start(folder);
  try {
    const [, url] = await start.says(/takt runs at (\S+)/);
    const listening = start.seconds();
    const live = start.says(new RegExp(`${screen} is live`)).then(() => start.seconds());
    await page.goto(`${url}/screens/${screen}`, { waitUntil: 'commit' });
    const until = async (condition: string): Promise<number> => {
      // Asked from here: the page's policy forbids to evaluate texts in it.
      while (!(await page.evaluate<boolean>(condition))) {
        if (start.seconds() * 1_000 > LIMIT_MS) throw new Error(`${screen} never came to ${condition}`);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      return start.seconds();
    };
    const painted = await until(PAINTED);
    const [shown, changed] = await Promise.all([until(SHOWN), until(CHANGED)]);
    const history = withHistory
      ? await start.says(/two weeks of history are there/, HISTORY_LIMIT_MS).then(() => start.seconds())
      : null;
    return { listening, live: await live, painted, shown, changed, history };
  } finally {
    await start.stop();
    await closed(page);
  }
}

async function closed(page: Page): Promise<void> {
  await page.close().catch(() => {});
}

/** The time until a newcomer sees something live. */
export const firstMinutePart: Part = {
  name: 'first-minute',
  about:
    'From `npm start` in a fresh clone of the last commit with its packages installed, build included, until every tile of a screen of the demonstration shows a value and a number on it has changed twice, seen in Chromium at 1920×1080, which runs before. The median of several starts of each screen; Chromium shares the cores. The two weeks of history are loaded behind it.',
  async run({ scale: { starts }, folder, say }) {
    if (browserMissing !== false) throw new Error(`the part cannot run: ${browserMissing}`);
    const browser = await launchBrowser();
    try {
      const figures: Figure[] = [];
      const histories: number[] = [];
      for (const screen of SCREENS) {
        const runs: Steps[] = [];
        for (let i = 0; i < starts; i++) {
          say(`${screen}, start ${i + 1} of ${starts}`);
          const isLast = screen === SCREENS.at(-1) && i === starts - 1;
          const steps = await measure(browser, join(folder, `${screen}-${i}`), screen, isLast);
          runs.push(steps);
          if (steps.history !== null) histories.push(steps.history);
        }
        const middle = (name: string, value: (steps: Steps) => number): Figure => ({
          name: `${screen}: ${name}`,
          value: median(runs.map(value)),
          unit: 's',
        });
        figures.push(
          middle('built, open and listening', ({ listening }) => listening),
          middle('screen painted', ({ painted }) => painted),
          middle('latest hours loaded, live', ({ live }) => live),
          middle('every tile shows a value', ({ shown }) => shown),
          middle('and a number has changed twice', ({ shown, changed }) => Math.max(shown, changed)),
        );
      }
      if (histories.length > 0)
        figures.push({ name: 'two weeks of history loaded', value: median(histories), unit: 's' });
      return figures;
    } finally {
      await browser.close();
    }
  },
};
