import type { TumblingUnit, WindowSpec } from '../definition.ts';

type CalendarWindow = Extract<WindowSpec, { readonly kind: 'tumbling' }>;

/** Which units are made up of whole ones of a shorter unit, few enough to be looked at one by one. */
const AROUND: Readonly<Record<TumblingUnit, readonly TumblingUnit[]>> = {
  hour: ['day', 'week', 'month'],
  day: ['week', 'month', 'quarter', 'year', 'fiscal-month', 'fiscal-quarter', 'fiscal-year'],
  week: [],
  month: ['quarter', 'year', 'fiscal-quarter', 'fiscal-year'],
  quarter: ['year', 'fiscal-year'],
  year: [],
  'fiscal-month': ['fiscal-quarter', 'fiscal-year'],
  'fiscal-quarter': ['fiscal-year', 'year'],
  'fiscal-year': [],
};

/** The units whose windows are made up of these: those of a calendar's year if it begins with a quarter of it. */
export function unitsAround({ unit }: CalendarWindow): readonly TumblingUnit[] {
  return AROUND[unit];
}

/** Whether each window of the one lies within one of the other, which is longer. The zone is not looked at. */
export function isWithin(inner: CalendarWindow, outer: CalendarWindow): boolean {
  if (!AROUND[inner.unit].includes(outer.unit)) return false;
  // Of a year of 52 or 53 weeks only days and its own parts are whole ones.
  if (inner.fiscalWeeks !== undefined || outer.fiscalWeeks !== undefined)
    return inner.unit === 'day' || JSON.stringify(inner.fiscalWeeks) === JSON.stringify(outer.fiscalWeeks);
  const areQuarters = inner.unit === 'quarter' || inner.unit === 'fiscal-quarter';
  return !areQuarters || ((outer.fiscalMonth ?? 1) - (inner.fiscalMonth ?? 1)) % 3 === 0;
}
