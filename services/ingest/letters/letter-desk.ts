import { createHash } from 'node:crypto';
import { TaktError } from '../../shared/core/errors.ts';
import type { WorkflowEvent } from '../../shared/core/event.ts';
import type { MqttSource } from '../../shared/core/ingest/mqtt-plan.ts';
import { type LetterFilter, QUARANTINED } from '../../shared/core/letters/letter-filter.ts';
import type { Letters } from '../../shared/core/letters/letters.ts';
import type { LetterListing } from '../../shared/core/letters/letter-listing.ts';
import type { LetterBatch, LetterOrder } from '../../shared/core/letters/letter-order.ts';
import type { DeadLetter, Redrive } from '../../shared/core/messages.ts';
import type { DeadLetterRow } from '../../shared/ports/kpi-rows.ts';
import type { KpiStore, TriedLetter } from '../../shared/ports/kpi-store.ts';
import { appendEvents, type IngestDeps } from '../context.ts';
import { GivenMapping } from './given-mapping.ts';
import { LETTER_LIMITS } from './letter-limits.ts';
import { listingOf } from './list-letters.ts';
import { readLetter } from './read-letter.ts';
import { releaseOf, type Tried } from './release-letter.ts';

/** What the desk works with. */
export interface LetterDeskDeps extends Pick<
  IngestDeps,
  'append' | 'importBracket' | 'workflows' | 'mappings' | 'clock' | 'metrics'
> {
  readonly store: Pick<KpiStore, 'deadLetters' | 'deadLetterCounts'>;
  /** Writes into [dead-letters]; resolves once the log has flushed. */
  readonly tell: (records: readonly (DeadLetter | Redrive)[]) => Promise<void>;
  /** What reads messages of the MQTT broker. */
  readonly sources: readonly MqttSource[];
}

/**
 * Where dead letters are looked at, and taken in again. A batch puts its events into the log before it says what became of
 * the letters: a crash between leaves them open, and their events count once, because ids come from content.
 */
export class LetterDesk implements Letters {
  private readonly deps: LetterDeskDeps;

  constructor(deps: LetterDeskDeps) {
    this.deps = deps;
    for (const [name, value] of Object.entries(LETTER_LIMITS))
      deps.metrics.limit(`letters_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`, value);
  }

  async list(filter: LetterFilter, lettersMax: number): Promise<LetterListing> {
    return listingOf(this.deps, filter, Math.min(lettersMax, LETTER_LIMITS.listedMax));
  }

  async act(order: LetterOrder): Promise<LetterBatch> {
    const { filter, after, action, timeMs } = order;
    const { batchMax, batchBytesMax } = LETTER_LIMITS;
    if (timeMs !== undefined && filter.ids?.length !== 1)
      throw new TaktError('PARAMETER_INVALID', 'time is that of one letter: name it by its id; or give shift.');
    const given = order.mapping === undefined ? null : new GivenMapping(order.mapping);
    const page = { afterId: after, rowsMax: batchMax, bytesMax: batchBytesMax };
    const held = action === 'release' ? { code: QUARANTINED } : {};
    if (action === 'release' && (filter.code ?? QUARANTINED) !== QUARANTINED)
      throw new TaktError('PARAMETER_INVALID', `only letters with code ${QUARANTINED} are in quarantine.`);
    const found = await this.deps.store.deadLetters({ state: 'open', ...filter, ...held }, page);
    const tried = found.map(({ letter }) => this.tryLetter(letter, order, given));
    const ways = { redrive: 'redriven', release: 'released', reject: 'set_aside' } as const;
    if (!order.dryRun) await this.write(tried, ways[action], action === 'redrive');
    return { results: tried.map(({ result }) => result), next: found.at(-1)?.letter.id ?? null };
  }

  /**
   * Lets go those in quarantine whose time is no longer too far ahead, whatever was tried with them before; gives how many.
   * Their events were read when they came, so none is refused.
   */
  async releaseDue(signal?: AbortSignal): Promise<number> {
    const { store, workflows, clock } = this.deps;
    const { batchMax, batchBytesMax: bytesMax, dueMax } = LETTER_LIMITS;
    let released = 0;
    for (const [workflow, { futureLimitMs }] of workflows()) {
      for (let afterId = ''; released < dueMax && signal?.aborted !== true;) {
        const eventToMs = clock.nowMs() + futureLimitMs;
        const query = { workflow, code: QUARANTINED, state: 'open', eventToMs } as const;
        const found: TriedLetter[] = await store.deadLetters(query, { afterId, rowsMax: batchMax, bytesMax });
        if (found.length === 0) break;
        await this.write(
          found.map(({ letter }) => releaseOf(letter, {})),
          'due',
          false,
        );
        released += found.length;
        afterId = found.at(-1)!.letter.id;
      }
    }
    return released;
  }

  private tryLetter(letter: DeadLetterRow, order: LetterOrder, given: GivenMapping | null): Tried {
    const { action, reason = '' } = order;
    if (action === 'release') return releaseOf(letter, order);
    if (action === 'reject')
      return { events: [], letters: [], result: { id: letter.id, outcome: 'rejected', events: 0, code: '', reason } };
    const { workflows, mappings, sources, clock } = this.deps;
    const nowMs = clock.nowMs();
    const { events, rejected, letters } = readLetter(letter, {
      workflows: workflows(),
      mappings,
      sources,
      given,
      nowMs,
    });
    if (events.length === 0) {
      const first = rejected[0] ?? { code: 'EVENT_INVALID', field: '', reason: 'there is no event in it' };
      const why = first.field === '' ? first.reason : `${first.field}: ${first.reason}`;
      return {
        events,
        letters: [],
        result: { id: letter.id, outcome: 'refused', events: 0, code: first.code, reason: why },
      };
    }
    const rest = rejected.length === 0 ? '' : `${rejected.length} of its items are dead letters of their own`;
    return {
      events,
      letters,
      result: { id: letter.id, outcome: 'accepted', events: events.length, code: '', reason: rest },
    };
  }

  /** As an import, they page nobody and move no watermark; what comes out of quarantine is news. */
  private async write(tried: readonly Tried[], way: Redrive['way'], asImport: boolean): Promise<void> {
    const { tell, clock, metrics } = this.deps;
    if (tried.length === 0) return;
    const events = tried.flatMap((each) => each.events);
    if (asImport) await this.importAll(events, tried);
    else
      await appendEvents(
        this.deps,
        events.toSorted((a, b) => a.timeMs - b.timeMs),
      );
    const timeMs = clock.nowMs();
    const told = tried.map(({ result }): Redrive => ({ type: 'redrive', timeMs, way, ...result }));
    await tell([...tried.flatMap(({ letters }) => letters), ...told]);
    for (const { outcome } of told) metrics.letterTried(way, outcome);
  }

  /** One import for each workflow; the same batch tried again has the same id. */
  private async importAll(events: readonly WorkflowEvent[], tried: readonly Tried[]): Promise<void> {
    const hash = createHash('sha256').update(JSON.stringify(tried.map(({ result }) => result.id)));
    const importId = `redrive-${hash.digest('hex').slice(0, 24)}`;
    const { importBracket } = this.deps;
    for (const workflow of new Set(events.map((event) => event.workflow))) {
      const some = events.filter((event) => event.workflow === workflow);
      await importBracket(workflow, importId, 'begin', null);
      await appendEvents(
        this.deps,
        some.map((event) => ({ ...event, importId })),
      );
      await importBracket(workflow, importId, 'end', null);
    }
  }
}
