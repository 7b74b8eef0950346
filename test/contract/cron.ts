import { describe, expect, test } from 'vitest';
import type { Cron } from '../../services/shared/ports/cron.ts';

const EVERY_DAY = Array.from({ length: 31 }, (_, i) => i + 1);

/** The days of a month, of 2026 unless said, that an expression names. */
function days(cron: Cron, expression: string, month: number, year = 2026): number[] {
  const pattern = cron.read(expression);
  return EVERY_DAY.filter((day) => {
    const date = new Date(Date.UTC(year, month - 1, day));
    return date.getUTCMonth() === month - 1 && pattern.matchesDay(date.getTime());
  });
}

/** One test per promise of services/shared/ports/cron.ts. */
export function cronContract(name: string, cron: Cron): void {
  describe(`cron: ${name}`, () => {
    test('1. five fields, or six with the second in front', () => {
      expect(cron.read('30 4 * * *')).toMatchObject({ seconds: [0], minutes: [30], hours: [4] });
      expect(cron.read('15 30 4 * * *')).toMatchObject({ seconds: [15], minutes: [30], hours: [4] });
      expect(cron.read('* * * * *').hours).toHaveLength(24);
    });

    test('2. lists, ranges, steps, names, last, nearest weekday, nth weekday, nicknames', () => {
      expect(cron.read('50,5,5,10-12 */8 * * *')).toMatchObject({ minutes: [5, 10, 11, 12, 50], hours: [0, 8, 16] });
      expect(cron.read('@daily')).toMatchObject({ seconds: [0], minutes: [0], hours: [0] });
      expect(days(cron, '0 0 * feb mon-tue', 2)).toEqual([2, 3, 9, 10, 16, 17, 23, 24]);
      expect(days(cron, '0 0 * * 7', 3)).toEqual([1, 8, 15, 22, 29]);
      expect(days(cron, '0 0 L * *', 2)).toEqual([28]);
      expect(days(cron, '0 0 L * *', 2, 2028)).toEqual([29]);
      expect(days(cron, '0 0 15W * *', 3)).toEqual([16]);
      expect(days(cron, '0 0 * * 2#1', 9)).toEqual([1]);
      expect(days(cron, '0 0 * * 5L', 3)).toEqual([27]);
    });

    test('3. day of month, month and day of week must all match', () => {
      expect(days(cron, '0 0 13 * fri', 2)).toEqual([13]);
      expect(days(cron, '0 0 13 * fri', 4)).toEqual([]);
      expect(days(cron, '0 0 13 2 fri', 3)).toEqual([]);
    });

    test('4. what is no expression is refused, and the message says the field', () => {
      for (const [expression, says] of [
        ['', /no cron expression/],
        ['* * * *', /5 or 6 fields/],
        ['61 * * * *', /61 .*minute/],
        ['0 24 * * *', /24 .*hour/],
        ['0 0 30 2 *', /30 2 .*impossible/],
        ['0 0 * * fryday', /week day/],
        ['x'.repeat(10_000), /x{100}"/],
      ] as const) {
        const read = (): unknown => cron.read(expression);
        expect(read, expression).toThrow(says);
        expect(read, expression).toThrow(expect.objectContaining({ code: 'SCHEDULE_INVALID' }));
      }
    });
  });
}
