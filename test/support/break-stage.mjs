// Loaded before takt (NODE_OPTIONS=--import): on SIGUSR2 the stage that TAKT_TEST_STAGE names folds nothing any more, as
// one that hangs would, and on the next one it goes on.
import { FoldRunner } from '../../dist/services/shared/runtime/fold/fold-runner.js';

let hangs = false;
process.on('SIGUSR2', () => (hangs = !hangs));
const prototype = FoldRunner.prototype;
const step = Object.getOwnPropertyDescriptor(prototype, 'step').value;
prototype.step = async function () {
  return hangs && this.stage === process.env['TAKT_TEST_STAGE'] ? 0 : step.call(this);
};
