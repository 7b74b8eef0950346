import type { FoldObserver } from '../../services/shared/runtime/fold/fold-observer.ts';

/** Tells nobody anything. */
export const silentObserver: FoldObserver = { applied() {}, published() {}, stored() {}, failed() {}, recovered() {} };
