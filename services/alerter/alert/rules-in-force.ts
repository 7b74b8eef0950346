import type { Rule } from '../../shared/core/alert/rule.ts';

/** The rules in force at a place of the log: those that its last control record named. */
export class RulesInForce {
  private readonly ruleOf: (hash: string) => Rule | undefined;
  private hashes: ReadonlySet<string> = new Set();
  private byDefinition: ReadonlyMap<string, readonly Rule[]> = new Map();

  constructor(ruleOf: (hash: string) => Rule | undefined) {
    this.ruleOf = ruleOf;
  }

  set(hashes: readonly string[]): void {
    this.hashes = new Set(hashes);
    const byDefinition = new Map<string, Rule[]>();
    for (const hash of this.hashes) {
      const rule = this.ruleOf(hash);
      if (rule !== undefined) byDefinition.set(rule.definition, [...(byDefinition.get(rule.definition) ?? []), rule]);
    }
    this.byDefinition = byDefinition;
  }

  has(hash: string): boolean {
    return this.hashes.has(hash);
  }

  /** Those that the catalogue still has; an older control record may name others. */
  all(): readonly Rule[] {
    return [...this.byDefinition.values()].flat();
  }

  of(definition: string): readonly Rule[] {
    return this.byDefinition.get(definition) ?? [];
  }

  get now(): readonly string[] {
    return [...this.hashes];
  }
}
