import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Debian's Chromium, or what TAKT_CHROMIUM names. */
const CHROMIUM = process.env['TAKT_CHROMIUM'] ?? '/usr/bin/chromium';
const BAD_INPUT = process.env['TAKT_BADINPUT'] ?? '../shared/badinput';

/** Why tests in a browser are skipped, or false. Under CI they never are: they fail instead. */
export const browserMissing: string | false = missing(CHROMIUM, 'Chromium is not at', 'TAKT_CHROMIUM');

/** Why tests with bad input are skipped, or false; the same under CI. */
export const badInputMissing: string | false = missing(BAD_INPUT, 'bad input is not at', 'TAKT_BADINPUT');

function missing(path: string, what: string, setting: string): string | false {
  return existsSync(path) || process.env['CI'] === 'true' ? false : `${what} ${path} (set ${setting})`;
}

/** The path of a file of bad input. */
export function badInput(name: string): string {
  return join(BAD_INPUT, name);
}

/** Starts a browser that talks to nobody on its own. To be closed by who started it. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      // In a container there is no other sandbox to use; only pages of this project are opened.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-default-apps',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}
