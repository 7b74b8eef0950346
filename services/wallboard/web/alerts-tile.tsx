import type { VNode } from 'preact';
import { StatusShape } from './status-shape.tsx';

/** The alerts that fire. */
export function AlertsTile(): VNode {
  return (
    <div class="tile-body">
      <StatusShape status="none" />
    </div>
  );
}
