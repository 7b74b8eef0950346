import { TaktError } from '../core/errors.ts';

/** Throws BIND_REFUSED for an address beyond loopback: without keys anybody could read and write there. */
export function checkBind(host: string): void {
  if (host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw new TaktError(
    'BIND_REFUSED',
    `--host ${host} would serve other machines without a key.\nUse 127.0.0.1; API keys come with a later version.`,
  );
}
