import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Language } from '../../services/wallboard/web/language.ts';
import { launchBrowser } from '../support/browser.ts';
import { type Server, startServer, statusOf, until } from '../support/takt-process.ts';
import { compareNumbers } from '../support/wall-check.ts';

/*
 * npm run screenshot: plays the demonstration and takes pictures of its screens for the README. A picture is taken only
 * when each number on the screen is that of GET /v1/values at that moment.
 */

/** Largest picture that the repository takes. */
const PICTURE_BYTES_MAX = 300_000;
/** A screen moves: it is compared again when a value changed between the look at it and the answer. */
const LOOKS_MAX = 50;
const LOOK_EVERY_MS = 500;

interface Shot {
  readonly screen: string;
  /** Where it is written; those of README stay small. */
  readonly path: string;
  readonly language: Language;
  readonly width: number;
  readonly height: number;
}

const SHOTS: readonly Shot[] = [
  { screen: 'production-line', path: 'docs/images/screen.png', language: 'en', width: 1600, height: 900 },
  { screen: 'helpdesk', path: 'docs/images/screen-zh.png', language: 'zh-CN', width: 1600, height: 900 },
  // To be looked at, not to be kept.
  { screen: 'helpdesk', path: 'dist/screenshot/screen-phone.png', language: 'en', width: 390, height: 844 },
  { screen: 'production-line', path: 'dist/screenshot/screen-hd.png', language: 'en', width: 1920, height: 1080 },
  { screen: 'production-line', path: 'dist/screenshot/screen-4k.png', language: 'en', width: 3840, height: 2160 },
  { screen: 'sales', path: 'dist/screenshot/screen-sales.png', language: 'en', width: 1920, height: 1080 },
];

async function take(browser: Browser, { url }: Server, shot: Shot): Promise<void> {
  const { screen, path, language, width, height } = shot;
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(`${url}/screens/${screen}?lang=${language}`);
  await page.locator('.tile').first().waitFor();
  await until(async () => (await page.locator('.mood-stale, .mood-filling, .mood-late').count()) === 0);
  const numbers = await takeWhenEqual(page, url, shot);
  const { size } = await stat(path);
  if (path.startsWith('docs/') && size > PICTURE_BYTES_MAX)
    throw new Error(`${path} has ${size} bytes; at most ${PICTURE_BYTES_MAX}`);
  console.log(`${path}: ${width}×${height}, ${size} bytes, ${numbers} numbers as GET /v1/values gives them`);
  await page.close();
}

/** Takes the picture between two looks that both find every number equal; gives how many numbers there are. */
async function takeWhenEqual(page: Page, url: string, { screen, language, path }: Shot): Promise<number> {
  let differing: unknown;
  for (let look = 0; look < LOOKS_MAX; look++) {
    const before = await compareNumbers(page, url, screen, language);
    await page.screenshot({ path, animations: 'disabled' });
    const after = await compareNumbers(page, url, screen, language);
    const both = [...before, ...after];
    differing = both.filter(({ shown, told }) => shown !== told);
    if (before.length > 0 && both.every(({ shown, told }) => shown === told)) return before.length;
    await page.waitForTimeout(LOOK_EVERY_MS);
  }
  throw new Error(`the screen and GET /v1/values differ: ${JSON.stringify(differing)}`);
}

/** How often in a row nothing may be under way before the demonstration's history counts as loaded. */
const QUIET_LOOKS = 10;

/** Looks after which the pictures are taken anyway: the newest history is loaded first. */
const LOAD_LOOKS_MAX = 240;

/** Waits until the history of the demonstration is in stored values, or most of it is. */
async function historyLoaded({ url }: Server): Promise<void> {
  let quiet = 0;
  let looks = 0;
  await until(async () => {
    const tasks = await statusOf(url);
    quiet = tasks.every(({ openImports }) => openImports.length === 0) ? quiet + 1 : 0;
    return quiet >= QUIET_LOOKS || ++looks >= LOAD_LOOKS_MAX;
  }, LOOK_EVERY_MS);
}

const data = await mkdtemp(join(tmpdir(), 'takt-screenshot-'));
const server = await startServer(join(data, 'data'), ['--demo']);
try {
  const browser = await launchBrowser();
  try {
    await historyLoaded(server);
    for (const shot of SHOTS) await take(browser, server, shot);
  } finally {
    await browser.close();
  }
} finally {
  await server.kill();
  await rm(data, { recursive: true, force: true });
}
