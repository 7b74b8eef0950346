import { conversionMeasure } from './measure-conversion.ts';
import { counterMeasure } from './measure-counter.ts';
import { distinctMeasure } from './measure-distinct.ts';
import { durationMeasure } from './measure-duration.ts';
import { eventMeasure } from './measure-event.ts';
import { holdMeasure } from './measure-hold.ts';
import { openMeasure } from './measure-open.ts';
import { ratioMeasure } from './measure-ratio.ts';
import { reworkMeasure } from './measure-rework.ts';
import { sessionMeasure } from './measure-session.ts';
import { withinMeasure } from './measure-within.ts';
import type { MeasureWriter } from './measure-sql.ts';

/** The kinds of measures that have SQL; a new one is a file of its own and a line here. */
export const MEASURES: ReadonlyMap<string, MeasureWriter> = new Map([
  ['event', eventMeasure],
  ['ratio', ratioMeasure],
  ['duration', durationMeasure],
  ['open', openMeasure],
  ['within', withinMeasure],
  ['rework', reworkMeasure],
  ['conversion', conversionMeasure],
  ['counter', counterMeasure],
  ['distinct', distinctMeasure],
  ['session', sessionMeasure],
  ['state', holdMeasure],
]);
