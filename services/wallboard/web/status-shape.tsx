import type { VNode } from 'preact';
import type { Status } from './status.ts';

/** A disc with a tick, a triangle with a mark, an octagon with a cross; a ring, a hatched square for what is no verdict. */
export function StatusShape({ status }: { readonly status: Status }): VNode {
  return (
    <svg class={`shape shape-${status}`} viewBox="0 0 24 24" aria-hidden="true">
      {PARTS[status].map(([role, d]) => (
        <path class={`shape-${role}`} d={d} />
      ))}
    </svg>
  );
}

const PARTS: Readonly<Record<Status, readonly (readonly [role: 'body' | 'mark' | 'ring', d: string])[]>> = {
  good: [
    ['body', 'M12 1a11 11 0 1 0 0 22a11 11 0 1 0 0-22z'],
    ['mark', 'M6.5 12.5l4 4l7-8.5'],
  ],
  near: [
    ['body', 'M12 1.5L23.5 22.5H.5z'],
    ['mark', 'M12 9v6M12 18.2v1'],
  ],
  bad: [
    ['body', 'M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z'],
    ['mark', 'M7.5 7.5l9 9M16.5 7.5l-9 9'],
  ],
  none: [['ring', 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z']],
  quiet: [
    ['ring', 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z'],
    ['ring', 'M7 12h10'],
  ],
  filling: [
    ['ring', 'M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z'],
    ['ring', 'M12 7v5.5l4 2.5'],
  ],
  old: [
    ['ring', 'M3 3h18v18H3z'],
    ['ring', 'M3 12L12 3M3 21L21 3M12 21l9-9'],
  ],
};
