import type { Judgement } from '../../shared/core/alert/judgement.ts';

/** What a status is drawn as. Colour is never alone: each has a shape of its own, and a word stands beside it. */
export type Status = Judgement | 'none' | 'old' | 'quiet' | 'filling';
