import { CALL_FAULT_KINDS, type Faults } from '../faulty.ts';

/** Every kind of fault that a seed may meet. */
export const ALERT_FAULT_KINDS = [
  ...CALL_FAULT_KINDS,
  'restart while pending',
  'restart while firing',
  'late value',
  'repeated value',
  'withdrawn value',
  'import',
  'imported value',
  'mark of a replaced owner',
  'rules changed',
] as const;
export type AlertFaultKind = (typeof ALERT_FAULT_KINDS)[number];

/** How often each kind of fault occurred. */
export type AlertFaults = Faults<AlertFaultKind>;
