/** How a schedule is run, whole or with what shrinking has left of it (shrink-seed.ts). */
export interface Run<Style> {
  /** What is to be so, whatever the seed draws. */
  readonly style?: Partial<Style>;
  /** The KPIs that it begins with; absent: all. */
  readonly kpis?: readonly string[];
  /** The steps that happen, ascending; absent: all. */
  readonly steps?: readonly number[];
  /** Is told what happens, line by line. */
  readonly tell?: (line: string) => void;
}

/** The numbers of all steps of a schedule. */
export function stepsUpTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, step) => step);
}
