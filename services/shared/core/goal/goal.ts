/** A number that values are held against: one for all, or a table by labels and time. */
export type Goal = number | GoalTable;

/** The first case that applies, else the default. */
export interface GoalTable {
  /** Null: nothing is said where no case applies. */
  readonly byDefault: number | null;
  readonly cases: readonly GoalCase[];
}

/** What holds for some labels, for some time. */
export interface GoalCase {
  /** Values of labels, one of which a series must have; labels that are not named may have any. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** Windows that end later, ms UTC; null: from the beginning. */
  readonly afterMs: number | null;
  /** Windows that end then or earlier, ms UTC; null: for ever. */
  readonly throughMs: number | null;
  readonly value: number;
}

/** The number that holds for a window's end, of a goal that was narrowed to the labels; null where none does. */
export function goalAt(goal: Goal | null, endMs: number): number | null {
  if (goal === null || typeof goal === 'number') return goal;
  const found = goal.cases.find(
    ({ afterMs, throughMs }) => (afterMs === null || endMs > afterMs) && (throughMs === null || endMs <= throughMs),
  );
  return found?.value ?? goal.byDefault;
}

/** What of a goal may hold for a series of these labels: a number where time changes nothing, null where nothing does. */
export function narrowed(goal: Goal | null, labels: Readonly<Record<string, string>>): Goal | null {
  if (goal === null || typeof goal === 'number') return goal;
  const applying = goal.cases.filter((each) => hasLabels(each, labels));
  const always = applying.findIndex(({ afterMs, throughMs }) => afterMs === null && throughMs === null);
  const cases = always < 0 ? applying : applying.slice(0, always);
  const byDefault = always < 0 ? goal.byDefault : applying[always]!.value;
  return cases.length === 0 ? byDefault : { byDefault, cases };
}

function hasLabels(each: GoalCase, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(each.labels).every(([name, values]) => values.includes(labels[name] ?? ''));
}

/** Another goal with each of its numbers changed. */
export function mapGoal(goal: Goal, change: (value: number) => number): Goal {
  if (typeof goal === 'number') return change(goal);
  const { byDefault, cases } = goal;
  return {
    byDefault: byDefault === null ? null : change(byDefault),
    cases: cases.map((each) => ({ ...each, value: change(each.value) })),
  };
}

/** Windows that end later than this may be held against another number than one that ends at `endMs`; Infinity: none. */
export function changesAfter(goal: Goal | null, endMs: number): number {
  if (goal === null || typeof goal === 'number') return Infinity;
  const times = goal.cases.flatMap(({ afterMs, throughMs }) => [afterMs ?? Infinity, throughMs ?? Infinity]);
  return Math.min(Infinity, ...times.filter((ms) => ms >= endMs));
}

/** The number for series and times of which nothing else is said, for people; null: none. */
export function defaultOf(goal: Goal | null): number | null {
  return goal === null || typeof goal === 'number' ? goal : goal.byDefault;
}
