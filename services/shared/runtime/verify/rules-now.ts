import { REASON } from '../../core/alert/alert-instance.ts';
import type { Firing } from '../../core/alert/rule-replay.ts';
import { quoted } from '../../core/verify/sql-text.ts';
import type { VerifyRange, VerifySource } from './verify-source.ts';

/** A firing of a series. */
export interface SeriesFiring extends Firing {
  readonly labels: Readonly<Record<string, string>>;
}

/** A rule that is there now. */
export interface KnownRule {
  readonly name: string;
  readonly kpi: string;
  readonly hash: string;
}

/** The rules that have any series, by what the alerter keeps of them. */
export async function rulesNow(source: VerifySource): Promise<readonly KnownRule[]> {
  return source.rows<KnownRule>(
    `SELECT rule_hash AS hash, any(JSONExtractString(content, 'rule', 'name')) AS name,
      any(JSONExtractString(content, 'rule', 'kpi')) AS kpi FROM instances FINAL
     WHERE JSONExtractString(content, 'reason') != ${quoted(REASON.ruleGone)}
     GROUP BY rule_hash HAVING name != '' AND NOT startsWith(name, 'takt_') ORDER BY name`,
  );
}

interface EpisodeRow {
  readonly labels: Readonly<Record<string, string>>;
  readonly fired_ms: string | number;
  readonly ended_ms: string | number | null;
}

/** What the rule of a name did, by its episodes. */
export async function firingsOf(
  rule: string,
  { fromMs, toMs }: VerifyRange,
  source: VerifySource,
): Promise<SeriesFiring[]> {
  const firedMs = 'toUnixTimestamp64Milli(assumeNotNull(fired_at))';
  const bounds = [fromMs === null ? [] : [`${firedMs} > ${fromMs}`], toMs === null ? [] : [`${firedMs} <= ${toMs}`]];
  const rows = await source.rows<EpisodeRow>(
    `SELECT labels, ${firedMs} AS fired_ms, toUnixTimestamp64Milli(ended_at) AS ended_ms FROM alert_history WHERE ${[
      `rule = ${quoted(rule)}`,
      'fired_at IS NOT NULL',
      ...bounds.flat(),
    ].join(' AND ')}`,
  );
  return rows.map(({ labels, fired_ms, ended_ms }) => {
    return { labels, firedMs: Number(fired_ms), endedMs: ended_ms === null ? null : Number(ended_ms) };
  });
}
