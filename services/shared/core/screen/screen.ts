/** What a tile shows. `labels` are the values of a KPI's labels; of those left open the worst series is shown. */
export type Tile =
  | { readonly kind: 'hero' | 'number'; readonly kpi: string; readonly labels: Readonly<Record<string, string>> }
  | {
      readonly kind: 'table';
      readonly kpi: string;
      readonly labels: Readonly<Record<string, string>>;
      /** How many series, the worst first. */
      readonly worst: number;
    }
  | { readonly kind: 'alerts' };

/** A wall screen. Texts are by language (`en`, `zh-CN`). */
export interface Screen {
  readonly name: string;
  readonly title: Readonly<Record<string, string>>;
  readonly tiles: readonly Tile[];
  /** Made of the catalogue because nobody defined one for its workflow. */
  readonly generated: boolean;
}

/** Most tiles of a screen: more cannot be read from across a hall. */
export const TILES_MAX = 9;
/** Rows of a table that does not say; also the most. */
export const WORST_DEFAULT = 5;
