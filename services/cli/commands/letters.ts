import { readLetterFilter } from '../../shared/core/letters/letter-filter.ts';
import { count, type Tally, tallyJson, tallyText } from '../letters/tally.ts';
import type { LetterListing } from '../../shared/core/letters/letter-listing.ts';
import { type LetterAction, type LetterBatch, readLetterOrder } from '../../shared/core/letters/letter-order.ts';
import { TaktError } from '../../shared/core/errors.ts';
import { listingText } from '../letters/listing-text.ts';
import { loadRedriveMapping } from '../letters/redrive-mapping.ts';
import type { Wiring } from '../wiring.ts';
import type { CommonOptions } from './options.ts';
import { call, closeSession, openToRead, type Session } from './session.ts';
import { settled } from './settled.ts';

/** Which dead letters. */
export interface LetterOptions extends CommonOptions {
  readonly workflow?: string;
  readonly code?: string;
  readonly source?: string;
  readonly since?: string;
  readonly id?: readonly string[];
  readonly state?: string;
  readonly json?: boolean;
}

/** What is to be done with them. */
export interface LetterActionOptions extends LetterOptions {
  readonly dryRun?: boolean;
  readonly all?: boolean;
  readonly mapping?: string;
  readonly time?: string;
  readonly shift?: string;
  readonly reason?: string;
}

/** How often a long work says how far it is. */
const SAY_EVERY_MS = 5_000;

/** `takt dead-letters`: what could not be taken in, counted, and the latest of it. Throws PARAMETER_INVALID. */
export async function deadLetters(wiring: Wiring, options: LetterOptions & { readonly last: number }): Promise<void> {
  const filter = filterOf(options);
  readLetterFilter(filter);
  const session = await openToRead(wiring, options);
  try {
    const listing = await list(session, filter, options.last);
    process.stdout.write(options.json === true ? `${JSON.stringify(listing, null, 2)}\n` : listingText(listing));
  } finally {
    await closeSession(session);
  }
}

/**
 * `takt redrive`, `takt release` and `takt reject`: one batch after the other, until there is no more. Interrupted, it is run
 * again: what was done stays done. Throws USAGE, PARAMETER_INVALID, MAPPING_INVALID.
 */
export async function letterAction(wiring: Wiring, action: LetterAction, options: LetterActionOptions): Promise<void> {
  const filter = filterOf(options);
  if (action !== 'redrive' && options.all !== true && Object.keys(filter).length === 0)
    throw new TaktError('USAGE', `Say which: with --id, --workflow, --code, --source or --since; or --all.`);
  const { mapping, time, shift, reason, dryRun = false } = options;
  const body = {
    ...filter,
    dryRun,
    ...(mapping === undefined ? {} : { mapping: await loadRedriveMapping(mapping) }),
    ...Object.fromEntries(Object.entries({ time, shift, reason }).filter(([, value]) => value !== undefined)),
  };
  // Nothing is opened before the flags are known to be right.
  readLetterOrder(action, body);
  const session = await openToRead(wiring, options);
  try {
    const tally = await allOf(session, action, body);
    if (!dryRun && tally.events > 0) await settled(session);
    process.stdout.write(options.json === true ? tallyJson(tally, dryRun) : tallyText(tally, dryRun));
  } finally {
    await closeSession(session);
  }
}

async function allOf(session: Session, action: LetterAction, body: object): Promise<Tally> {
  const tally: Tally = { letters: 0, accepted: 0, events: 0, rejected: 0, refused: 0, reasons: new Map() };
  let saidMs = Date.now();
  for (let after: string | null = ''; after !== null;) {
    const batch: LetterBatch = await act(session, action, { ...body, after });
    for (const result of batch.results) count(tally, result);
    after = batch.next;
    if (Date.now() - saidMs < SAY_EVERY_MS) continue;
    saidMs = Date.now();
    process.stderr.write(`${tally.letters} dead letters so far\n`);
  }
  return tally;
}

async function list(session: Session, filter: Readonly<Record<string, unknown>>, last: number): Promise<LetterListing> {
  if (session.url === null) return session.takt.letters.list(readLetterFilter(filter), last);
  const query = new URLSearchParams({ last: String(last) });
  for (const [name, value] of Object.entries(filter))
    for (const text of [value].flat()) query.append(name, String(text));
  return (await call(session.url, `/v1/dead-letters?${query.toString()}`)) as LetterListing;
}

async function act(session: Session, action: LetterAction, body: object): Promise<LetterBatch> {
  if (session.url === null) return session.takt.letters.act(readLetterOrder(action, body));
  return (await call(session.url, `/v1/dead-letters/${action}`, body)) as LetterBatch;
}

/** The filter as a request has it. */
function filterOf({ workflow, code, source, since, id, state }: LetterOptions): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries({ workflow, code, source, since, id, state }).filter(([, value]) => value !== undefined),
  );
}
