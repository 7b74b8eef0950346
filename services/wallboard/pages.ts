import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { TaktError } from '../shared/core/errors.ts';

/** A page loads its own script and style, talks to this server, and nothing else. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What every answer says to a browser. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': PAGE_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/** The built pages, in memory. */
export interface Pages {
  /** Changes with every byte of them. */
  readonly build: string;
  readonly html: string;
  readonly assets: ReadonlyMap<string, Asset>;
}

/** Stands in the page where the build goes. */
const BUILD_MARK = '%TAKT_BUILD%';

/** Reads what `npm run build` made of the pages. Throws INTERNAL where it was not run. */
export async function loadPages(folder: string): Promise<Pages> {
  try {
    const html = await readFile(join(folder, 'index.html'), 'utf8');
    const assets = new Map<string, Asset>();
    const hash = createHash('sha256').update(html);
    for (const name of (await readdir(join(folder, 'assets'))).sort()) {
      const body = await readFile(join(folder, 'assets', name));
      hash.update(name).update(body);
      assets.set(name, { type: TYPES[extname(name)] ?? 'application/octet-stream', body });
    }
    const build = hash.digest('hex').slice(0, 16);
    return { build, html: html.replace(BUILD_MARK, build), assets };
  } catch (error) {
    throw new TaktError('INTERNAL', `the pages are not built in ${folder}: run npm run build.`, { cause: error });
  }
}

/** Registers /, /screens/NAME, /kpis/NAME and /assets/…: one page, which holds no data and so needs no key. */
export function registerPages(app: FastifyInstance, pages: Pages): void {
  const page = async (_request: unknown, reply: FastifyReply): Promise<FastifyReply> =>
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(pages.html);
  for (const path of ['/', '/screens/:name', '/kpis/:name']) app.get(path, page);
  app.get<{ Params: { name: string } }>('/assets/:name', async ({ params }, reply) => {
    const asset = pages.assets.get(params.name);
    if (asset === undefined) return reply.code(404).send({ code: 'NOT_FOUND', message: 'there is no such file.' });
    // Their names change with their content.
    return reply.type(asset.type).header('cache-control', 'public, max-age=31536000, immutable').send(asset.body);
  });
}
