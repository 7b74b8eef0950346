import { getTasks } from 'node-cron';
import { expect, test } from 'vitest';
import { NodeCron } from '../../services/shared/adapters/cron/node-cron.ts';
import { cronContract } from './cron.ts';
import { promisesOf, promisesTested } from './promises.ts';

cronContract('node-cron', new NodeCron());

test('every promise of the port has a test', () => {
  expect(promisesTested('test/contract/cron.ts')).toEqual(promisesOf('services/shared/ports/cron.ts'));
});

test('node-cron keeps no task of what was read', () => {
  for (let i = 0; i < 10; i++) new NodeCron().read('* * * * *');
  expect(getTasks().size).toBe(0);
});
