import { AggregateTask } from '../../services/processor/aggregate/aggregate-task.ts';
import { CaseCache } from '../../services/processor/aggregate/case-cache.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import { CaseFolds } from '../../services/shared/core/measure/case-folds.ts';
import { type Guard, guard, guardOf } from './take-away.ts';

/** Guards of retention: DESIGN.md section 4, point 10. */
export const retentionGuards: readonly Guard[] = [
  guard('4.10', 'an event before the cut is too late', AggregateTask, 'applyEvent', (applyEvent) => {
    return function (event) {
      const { cut } = this;
      this.cut = cut === null ? null : { ...cut, lateMs: -Infinity };
      try {
        return applyEvent.call(this, event);
      } finally {
        this.cut = cut;
      }
    };
  }),
  guard('4.10', 'the position holds the cut', AggregateTask, 'restore', (restore) => {
    return async function () {
      await restore.call(this);
      this.cut = null;
    };
  }),
  guardOf('4.10', 'a cut that is earlier takes nothing back', 'laterOf', () => (_before, cut) => cut),
  guardOf('4.10', 'events of cases that go on are archived again', 'moveCases', (moveCases) => {
    return (move) => {
      const store = Object.assign(Object.create(move.scope.store), move.scope.store, { insert: async () => {} });
      return moveCases({ ...move, scope: { ...move.scope, store } });
    };
  }),
  guardOf('4.10', 'a case that something waits for goes on', 'moveCases', (moveCases) => {
    return async (move) => {
      const before = Object.getOwnPropertyDescriptor(CaseFolds.prototype, 'isOpen')!;
      Object.defineProperty(CaseFolds.prototype, 'isOpen', { ...before, get: () => false });
      try {
        await moveCases(move);
      } finally {
        Object.defineProperty(CaseFolds.prototype, 'isOpen', before);
      }
    };
  }),
  guard('4.10', 'a case that expired leaves memory', CaseCache, 'expire', () => {
    return function (fromPeriod) {
      this.fromPeriod = fromPeriod;
    };
  }),
  guard('4.10', 'a case that expired is not read again', MemoryStore, 'caseEvents', (read) => {
    return function (workflow, partition, ids, below) {
      return read.call(this, workflow, partition, ids, below);
    };
  }),
];
