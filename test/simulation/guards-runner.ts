import { FoldRunner } from '../../services/shared/runtime/fold/fold-runner.ts';
import { type Guard, guard } from './take-away.ts';

/** Guards of the runner, which every stage needs: DESIGN.md section 4, points 3 and 11. */
export const runnerGuards: readonly Guard[] = [
  guard('4.3', 'one append at a time', FoldRunner, 'oneAtATime', () => {
    return (append: () => Promise<void>) => append();
  }),
  guard('4.3', 'publish before store', FoldRunner, 'storeChanges', (storeChanges) => {
    return function (sinceMs) {
      // What was to be sent first goes out after the rows.
      const held: unknown[][] = [];
      const late = Object.create(this, {
        append: { value: async (...args: unknown[]) => void held.push(args) },
        insertAll: {
          value: async (checkpoints: unknown) => {
            await this.insertAll(checkpoints);
            for (const args of held) await this.append(...args);
          },
        },
      }) as unknown;
      return storeChanges.call(late, sinceMs);
    };
  }),
  guard('4.3', 'the position is stored last', FoldRunner, 'insertAll', (insertAll) => {
    return async function (checkpoints) {
      const positions = checkpoints.flatMap(({ position }: { position: unknown }) => position ?? []);
      if (positions.length > 0) await this.store.insert('positions', positions);
      return insertAll.call(this, checkpoints);
    };
  }),
  guard('4.11', 'a slow store stops fetching', FoldRunner, 'backlogRows', () => () => 0),
  guard('4.3', 'a task whose apply failed is restored whole', FoldRunner, 'restoreBroken', (restoreBroken) => {
    return async function () {
      for (const task of this.broken) if (this.generations.has(task)) this.broken.delete(task);
      await restoreBroken.call(this);
    };
  }),
];
