/** An instance as a notification tells of it. */
export interface NotifiedInstance {
  readonly labels: Readonly<Record<string, string>>;
  /** In the unit of the KPI; null: the window had no value. */
  readonly value: number | null;
  readonly target: number | null;
  readonly samples: number;
  /** End of the window since which it fires, milliseconds UTC. */
  readonly sinceMs: number;
  /** End of the window that is told, milliseconds UTC. */
  readonly timeMs: number;
  readonly provisional: boolean;
  readonly episode: string;
  /** Why it fires, or does no more, in words. */
  readonly reason: string;
}

/** What a notification says, for programs; it is JSON as it stands. */
export interface NotificationDetails {
  readonly type: 'alert.firing' | 'alert.resolved' | 'test';
  /** When it was made, milliseconds UTC; the same for every try. */
  readonly timeMs: number;
  /** The three are null in a test. */
  readonly rule: string | null;
  readonly kpi: string | null;
  readonly severity: string | null;
  /** All that fire now, at most LISTED_MAX of them; the counts are whole. */
  readonly firing: readonly NotifiedInstance[];
  readonly firingCount: number;
  /** Those that were told as firing and do so no more, at most LISTED_MAX of them. */
  readonly resolved: readonly NotifiedInstance[];
  readonly resolvedCount: number;
}

/** Most instances that one notification lists, of each kind. */
export const LISTED_MAX = 20;
