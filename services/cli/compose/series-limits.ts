import type { Logger } from 'pino';
import type { Catalogue } from '../../shared/core/catalogue/catalogue.ts';
import { type LimitedKpi, limitedKpis, limitSeries, type SeriesLimit } from '../../shared/core/series/limit-series.ts';
import { seriesGroups } from '../../shared/core/series/series-groups.ts';
import type { KpiStore } from '../../shared/ports/kpi-store.ts';
import type { Metrics } from '../../shared/runtime/metrics.ts';

export interface SeriesLimitsOptions {
  readonly store: Pick<KpiStore, 'seriesLimits'>;
  /** That of the catalogue's hashes. */
  readonly calendarVersion: string;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'seriesLimited'>;
}

/**
 * What was decided of KPIs with too many label sets, as the store has it, put into the catalogue of this process. Every
 * process reads it for itself; what is decided of a group first stays, so they come to the same definitions.
 */
export class SeriesLimits {
  private readonly options: SeriesLimitsOptions;
  private limits: ReadonlyMap<string, SeriesLimit> = new Map();
  private catalogue: Catalogue | null = null;

  constructor(options: SeriesLimitsOptions) {
    this.options = options;
  }

  /** Reads what was decided; gives whether that is for the catalogue used last, and other than before. Throws what the store throws. */
  async read(): Promise<boolean> {
    const before = this.admitted();
    this.limits = new Map((await this.options.store.seriesLimits()).map((row) => [row.id, row]));
    return this.admitted() !== before;
  }

  /** The lists that count for the catalogue used last, as text: two that decided at once may differ in nothing else. */
  private admitted(): string {
    const groups = this.catalogue === null ? [] : seriesGroups(this.catalogue);
    return JSON.stringify(groups.map(({ id }) => this.limits.get(id)?.admitted ?? null));
  }

  /** A catalogue as its files say it, with what was decided so far. */
  use(catalogue: Catalogue): Catalogue {
    const { calendarVersion, logger, metrics } = this.options;
    this.catalogue = catalogue;
    const { limited } = this;
    metrics.seriesLimited(limited);
    if (limited.length > 0)
      logger.warn(
        { limited },
        'KPIs have more label sets than they may; those without labels of their own count as __other__',
      );
    return limitSeries(catalogue, this.limits, calendarVersion);
  }

  /** Whether anything can be decided of the catalogue used last: some KPI of it has labels. */
  get isNeeded(): boolean {
    return this.catalogue !== null && seriesGroups(this.catalogue).length > 0;
  }

  /** The catalogue used last, as its files say it; null: none was. */
  get asWritten(): Catalogue | null {
    return this.catalogue;
  }

  /** Which of its KPIs count some label sets together. */
  get limited(): readonly LimitedKpi[] {
    return this.catalogue === null ? [] : limitedKpis(this.catalogue, this.limits);
  }
}
