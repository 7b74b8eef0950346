/** Slice snapshots and progress marks, keyed by labels. */
export const SLICES_TOPIC = 'slices';
/** Values and progress marks, keyed by labels. */
export const VALUES_TOPIC = 'values';
/** Changes of alert instances. */
export const TRANSITIONS_TOPIC = 'transitions';
/** What could not be mapped. */
export const DEAD_LETTERS_TOPIC = 'dead-letters';

const EVENTS_PREFIX = 'events.';

/** The topic of a workflow's events, keyed by case. */
export function eventsTopic(workflow: string): string {
  return `${EVENTS_PREFIX}${workflow}`;
}

/** The workflow whose events a topic holds. */
export function workflowOf(topic: string): string {
  return topic.slice(EVENTS_PREFIX.length);
}
