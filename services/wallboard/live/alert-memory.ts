import type { TransitionRow } from '../../shared/ports/kpi-rows.ts';

/** Episodes kept; beyond, the one that ended longest ago leaves. */
export const EPISODES_MAX = 1_000;

/** One episode of a rule: from when its condition began to hold until it ended. */
export interface Episode {
  readonly rule: string;
  readonly kpi: string;
  /** Canonical encoding. */
  readonly labels: string;
  readonly episode: string;
  readonly state: TransitionRow['to'];
  readonly severity: TransitionRow['severity'];
  readonly beganMs: number;
  readonly firedMs: number | null;
  readonly endedMs: number | null;
  /** As of the last transition. */
  readonly value: number | null;
  readonly target: number | null;
  readonly samples: number;
  readonly provisional: boolean;
  /** Why nobody is told; null: they are. */
  readonly suppressed: string | null;
  readonly reason: string;
}

/** The episodes of the rules in force, built of their transitions in whatever order these come. */
export class AlertMemory {
  private readonly hashes: ReadonlySet<string>;
  /** Transitions of an episode, in order of time. */
  private readonly episodes = new Map<string, TransitionRow[]>();

  /** `hashes`: of the rules in force; transitions of others are passed over. */
  constructor(hashes: readonly string[]) {
    this.hashes = new Set(hashes);
  }

  /** Takes a transition; gives whether it says anything new. */
  put(row: TransitionRow): boolean {
    if (!this.hashes.has(row.ruleHash)) return false;
    const key = JSON.stringify([row.rule, row.labels, row.episode]);
    const known = this.episodes.get(key) ?? [];
    const same = known.findIndex(({ timeMs, to }) => timeMs === row.timeMs && to === row.to);
    if (same !== -1 && known[same]!.version >= row.version) return false;
    const others = known.filter((_, index) => index !== same);
    this.episodes.set(
      key,
      [...others, row].sort((a, b) => a.timeMs - b.timeMs || (a.version < b.version ? -1 : 1)),
    );
    if (this.episodes.size > EPISODES_MAX) this.evict();
    return true;
  }

  private evict(): void {
    let oldest: string | null = null;
    let oldestMs = Infinity;
    for (const [key, rows] of this.episodes) {
      const last = rows.at(-1)!;
      const endedMs = last.to === 'inactive' ? last.timeMs : Infinity;
      if (oldest !== null && endedMs >= oldestMs) continue;
      oldest = key;
      oldestMs = endedMs;
    }
    if (oldest !== null) this.episodes.delete(oldest);
  }

  /** All episodes that are known. */
  all(): Episode[] {
    return [...this.episodes.values()].map(episodeOf);
  }
}

function episodeOf(rows: readonly TransitionRow[]): Episode {
  const first = rows[0]!;
  const last = rows.at(-1)!;
  const fired = rows.filter(({ to }) => to === 'firing');
  const { rule, kpi, labels, episode, severity, value, target, samples, provisional, reason } = last;
  return {
    rule,
    kpi,
    labels,
    episode,
    state: last.to,
    severity,
    beganMs: first.timeMs,
    firedMs: fired[0]?.timeMs ?? null,
    endedMs: last.to === 'inactive' ? last.timeMs : null,
    value,
    target,
    samples,
    provisional,
    suppressed: fired.some(({ suppressed }) => suppressed === null) ? null : last.suppressed,
    reason,
  };
}
