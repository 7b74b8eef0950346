import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The files that take longest, so that none of them is left over when the others are done; what waits beside what computes. */
const LONGEST = [
  'simulation/simulation.test.ts',
  'e2e/heartbeat.test.ts',
  'e2e/user-errors.test.ts',
  'e2e/operation.test.ts',
  'e2e/demo.test.ts',
  'simulation/alert/simulation.test.ts',
  'e2e/kill.test.ts',
  'e2e/wall.test.ts',
  'e2e/identity.test.ts',
  'e2e/golden.test.ts',
  'e2e/replay.test.ts',
  'e2e/alerts.test.ts',
  'contract/kpi-store.test.ts',
  'simulation/guards.test.ts',
];

/** The same order on every machine: what vitest remembers of earlier runs, a fresh clone does not have. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}`));
      return place < 0 ? LONGEST.length : place;
    };
    return files.toSorted((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}
