import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DeadLetterTask } from '../../services/processor/dead-letters/dead-letter-task.ts';
import { MemoryStore } from '../../services/shared/adapters/store/memory/memory-store.ts';
import type { WorkflowEvent } from '../../services/shared/core/event.ts';
import { eventOf, heldEvent } from '../../services/shared/core/letters/held-event.ts';
import type { DeadLetter, Redrive } from '../../services/shared/core/messages.ts';
import type { LogRecord } from '../../services/shared/ports/event-log.ts';
import { decodeDeadLetter, encodeDeadLetter } from '../../services/shared/runtime/dead-letter-codec.ts';

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const event: fc.Arbitrary<WorkflowEvent> = fc.record({
  workflow: fc.constant('w'),
  caseId: text,
  id: text,
  kind: fc.constantFrom('event', 'correct', 'void'),
  activity: text,
  timeMs: fc.integer(),
  dimensions: fc.dictionary(text, text, { maxKeys: 3 }),
  value: fc.option(
    fc.record({ unscaled: fc.bigInt(-(10n ** 20n), 10n ** 20n), scale: fc.integer({ min: 0, max: 9 }) }),
  ),
  target: fc.option(text),
  importId: fc.constant(null),
});

const letter: DeadLetter = { id: 'a', workflow: 'w', source: 's', code: 'C', reason: 'r', rawBase64: 'AAo=' };
const redrive: Redrive = {
  type: 'redrive',
  id: 'a',
  timeMs: 5,
  way: 'redriven',
  outcome: 'accepted',
  code: '',
  reason: '',
  events: 1,
};

test('an event that is held comes back as it was, through the record of its letter', () => {
  fc.assert(
    fc.property(event, (held) => {
      const read = decodeDeadLetter(encodeDeadLetter({ ...letter, content: heldEvent(held) })) as DeadLetter;
      const content = read.content!;
      if (content.kind !== 'event') throw new Error('it holds no event');
      const { value, ...rest } = eventOf(content, 'w');
      expect(rest).toEqual({ ...held, value: undefined });
      // Decimal text keeps the amount, which is all that counts of a value.
      const amount = (decimal: WorkflowEvent['value']): bigint | null =>
        decimal === null ? null : decimal.unscaled * 10n ** BigInt(20 - decimal.scale);
      expect(amount(value)).toBe(amount(held.value));
    }),
  );
});

test('records that are no dead letter and no redrive are refused', () => {
  for (const wrong of [
    { ...letter, reason: 1 },
    { ...letter, content: { kind: 'event' } },
    { ...redrive, timeMs: 0.5 },
    { ...redrive, outcome: null },
  ])
    expect(() => decodeDeadLetter(Buffer.from(JSON.stringify(wrong)))).toThrow(/in \[dead-letters\] has/);
  expect(() => decodeDeadLetter(Buffer.from('{'))).toThrow(/is not JSON/);
});

test('the fold keeps letters and what became of them; what failed to be stored is stored again', async () => {
  const store = new MemoryStore();
  const task = new DeadLetterTask({ store, epoch: 0 });
  await task.restore();
  const records = [letter, { ...letter, id: 'b', content: heldEvent({ ...FUTURE }) }, redrive].map(
    (value, offset): LogRecord => ({ offset, appendMs: 100 + offset, key: null, value: encodeDeadLetter(value) }),
  );
  await task.apply(records);
  expect(task.backlogRows).toBe(3);
  task.unstore(task.collectCheckpoint());
  const { rows, position } = task.collectCheckpoint();
  await store.insert('dead_letters', rows.dead_letters ?? []);
  await store.insert('redrives', rows.redrives ?? []);
  expect(position!.version).toBe(2n);
  const bounds = { afterId: '', rowsMax: 10, bytesMax: 10 };
  expect(await store.deadLetters({}, bounds)).toMatchObject([
    { letter: { id: 'a', timeMs: 100, eventMs: null }, last: { outcome: 'accepted', version: 2n } },
    { letter: { id: 'b', timeMs: 101, eventMs: 900 }, last: null },
  ]);
});

const FUTURE: WorkflowEvent = {
  workflow: 'w',
  caseId: 'c',
  id: 'e',
  kind: 'event',
  activity: 'opened',
  timeMs: 900,
  dimensions: {},
  value: null,
  target: null,
  importId: null,
};
