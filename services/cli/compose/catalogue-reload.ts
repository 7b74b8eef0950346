import type { Logger } from 'pino';
import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { mixCatalogues, notComputed, sameCatalogues } from '../../shared/core/catalogue/catalogue-mix.ts';
import { catalogueAt, nextChangeMs } from '../../shared/core/catalogue/catalogue-versions.ts';
import { TaktError } from '../../shared/core/errors.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { catalogueSignature } from '../../shared/runtime/file-signature.ts';
import type { CatalogueFiles, CatalogueReport, LoadedCatalogue, ReloadReport, StatusReport } from '../wiring.ts';
import { fillProgress } from './fill-progress.ts';
import type { SeriesLimits } from './series-limits.ts';

/** How often it looks whether limits of label sets were decided. */
const LIMITS_EVERY_MS = 5_000;

/** How often the files are looked at, and whether what changed is computed by now. */
const LOOK_EVERY_MS = 1_000;

export interface CatalogueReloadOptions {
  /** With what was decided of label sets, and the versions before those that are effective from a time on. */
  readonly loaded: LoadedCatalogue;
  /** Null: the files are never read again. */
  readonly files: CatalogueFiles | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What was decided of KPIs with too many label sets; absent: nothing ever is. */
  readonly series?: SeriesLimits;
  /** Version of the time-zone data, which is in hashes. */
  readonly calendarVersion: string;
  /** Gives a catalogue the versions before those that are effective from a time on; absent: there are none. */
  readonly history?: (catalogue: Catalogue) => Promise<Catalogue>;
  /** Hashes of the definitions whose values are there. */
  readonly computed: () => Promise<ReadonlySet<string>>;
  /** Begins to compute what is new in a catalogue; absent: another process does. */
  readonly begin?: (next: Catalogue, shown: Catalogue) => Promise<void>;
  /** From here on this is what people see and rules act on. */
  readonly show: (loaded: LoadedCatalogue) => Promise<void>;
  /** It is shown now: what was made of the one before is to be made anew. */
  readonly onShown?: () => void;
}

/**
 * The catalogue and screens in force in this process, and how another one takes their place: when the files have changed
 * and rest for a second, or when somebody asks for it. What is wrong leaves everything as it is, and is told. A changed
 * definition is shown once its values are computed, everything else at once.
 */
export class CatalogueReload {
  private readonly options: CatalogueReloadOptions;
  private readonly stopped = new AbortController();
  private now: LoadedCatalogue;
  /** What the files say; more than `now` while something is being computed. */
  private wanted: LoadedCatalogue;
  private loadedMs: number;
  /** When a version that is known takes the place of the one before it, ms UTC. */
  private changesMs: number;
  private problem: string | null = null;
  private waiting: readonly string[] = [];
  private signature: string | null;
  /** Settles when the change under way is done: one after the other. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(options: CatalogueReloadOptions) {
    this.options = options;
    this.loadedMs = options.clock.nowMs();
    this.wanted = options.loaded;
    this.now = {
      ...options.loaded,
      catalogue: catalogueAt(options.loaded.catalogue, this.loadedMs, options.calendarVersion),
    };
    this.changesMs = nextChangeMs(options.loaded.catalogue, this.loadedMs);
    this.signature = options.files?.signature ?? null;
  }

  get shown(): LoadedCatalogue {
    return this.now;
  }

  /** For status, health and screens. */
  get report(): CatalogueReport {
    const limited = this.options.series?.limited ?? [];
    return { loadedMs: this.loadedMs, problem: this.problem, recomputing: this.waiting, limited };
  }

  /** The same with how far what is being computed is, as these tasks say. */
  reportOf(tasks: StatusReport['tasks']): NonNullable<StatusReport['catalogue']> {
    return { ...this.report, progress: fillProgress(this.wanted.catalogue, this.replacing(), tasks) };
  }

  /** Of what is being computed, that of which an older version is shown, or none: a KPI of the first start is no news. */
  private replacing(): readonly string[] {
    const hashIn = ({ catalogue: { kpis } }: LoadedCatalogue, kpi: string) => kpis.get(kpi)?.definition.hash;
    return this.waiting.filter((kpi) => hashIn(this.now, kpi) !== hashIn(this.wanted, kpi));
  }

  /** Reads the files again. Throws what is wrong with them; everything stays as it is then. */
  reload(): Promise<ReloadReport> {
    return this.inTurn(() => this.reloadNow());
  }

  private async reloadNow(): Promise<ReloadReport> {
    const { files, clock, logger, series } = this.options;
    if (files === null) return { changed: false, added: [], removed: [], recomputing: this.waiting };
    this.signature = await catalogueSignature(files.paths);
    let next: LoadedCatalogue;
    try {
      next = await files.load();
      // Where the store is away, with what is known.
      await series?.read().catch(() => false);
      if (series !== undefined) next = { ...next, catalogue: series.use(next.catalogue) };
      next = { ...next, catalogue: await this.withHistory(next.catalogue) };
    } catch (error) {
      this.problem = (error as Error).message;
      const code = error instanceof TaktError ? error.code : 'INTERNAL';
      logger.error({ code, reason: this.problem }, 'the catalogue has errors: the one before stays in force');
      throw error;
    }
    this.problem = null;
    const before = this.wanted;
    const isSame = sameCatalogues(before.catalogue, next.catalogue);
    this.loadedMs = clock.nowMs();
    await this.goOnWith(next);
    const [old, all] = [before.catalogue.kpis, next.catalogue.kpis];
    const added = [...all.keys()].filter((key) => !old.has(key));
    const removed = [...old.keys()].filter((key) => !all.has(key));
    const recomputing = this.waiting;
    if (!isSame) logger.info({ added, removed, recomputing }, 'another catalogue is in force');
    return { changed: !isSame, added, removed, recomputing };
  }

  /** Puts a catalogue in the place of the one that is wanted. */
  private async goOnWith(next: LoadedCatalogue): Promise<void> {
    const isSame = sameCatalogues(this.wanted.catalogue, next.catalogue);
    if (!isSame) await this.options.begin?.(next.catalogue, this.now.catalogue);
    this.wanted = next;
    await this.settle();
  }

  /** Looks whether limits of label sets were decided, and goes on with them. */
  private async readLimits(): Promise<void> {
    const { series } = this.options;
    if (series?.isNeeded !== true || !(await series.read()) || series.asWritten === null) return;
    await this.goOnWith({ ...this.wanted, catalogue: await this.withHistory(series.use(series.asWritten)) });
  }

  private async withHistory(catalogue: Catalogue): Promise<Catalogue> {
    return (await this.options.history?.(catalogue)) ?? catalogue;
  }

  /** Shows what is computed by now. */
  private async settle(): Promise<void> {
    const computed = await this.options.computed();
    const isComputed = (hash: string): boolean => computed.has(hash);
    const before = this.replacing();
    const nowMs = this.options.clock.nowMs();
    this.waiting = notComputed(this.wanted.catalogue, isComputed);
    this.changesMs = nextChangeMs(this.wanted.catalogue, nowMs);
    const catalogue = mixCatalogues(
      this.now.catalogue,
      catalogueAt(this.wanted.catalogue, nowMs, this.options.calendarVersion),
      isComputed,
    );
    const { screens } = this.wanted;
    if (textOf(screens) !== textOf(this.now.screens) || !sameCatalogues(catalogue, this.now.catalogue)) {
      await this.options.show({ catalogue, screens });
      this.now = { catalogue, screens };
      this.options.onShown?.();
    }
    const done = before.filter((kpi) => !this.waiting.includes(kpi));
    if (done.length > 0) this.options.logger.info({ kpis: done }, 'recomputed, and shown from now on');
  }

  /** Watches the files until `stop`. What fails is tried again. */
  async run(): Promise<void> {
    const { clock, files } = this.options;
    let limitsReadMs = clock.nowMs();
    let seen: string | null = null;
    // What changed while takt was off is being computed too.
    await this.settleInTurn().catch(() => {});
    while (!this.stopped.signal.aborted) {
      await clock.sleep(LOOK_EVERY_MS, this.stopped.signal);
      if (this.stopped.signal.aborted) return;
      if (files !== null) {
        const signature = await catalogueSignature(files.paths);
        // An editor may be writing: what changed has to rest.
        if (signature !== this.signature && signature === seen) await this.reload().catch(() => {});
        seen = signature;
      }
      if (this.waiting.length > 0 || clock.nowMs() > this.changesMs) await this.settleInTurn().catch(() => {});
      if (clock.nowMs() - limitsReadMs < LIMITS_EVERY_MS) continue;
      limitsReadMs = clock.nowMs();
      await this.inTurn(() => this.readLimits()).catch(() => {});
    }
  }

  private settleInTurn(): Promise<void> {
    return this.inTurn(() => this.settle());
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work);
    this.last = turn.catch(() => {});
    return turn;
  }

  stop(): void {
    this.stopped.abort();
  }
}

function textOf(screens: LoadedCatalogue['screens']): string {
  return JSON.stringify([...screens]);
}
