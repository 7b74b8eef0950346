import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';

/** A text that lights up for a moment when it is another one, and moves nothing. */
export function ChangingText({ text }: { readonly text: string }): VNode {
  const seen = useRef({ text, changes: 0 });
  if (seen.current.text !== text) seen.current = { text, changes: seen.current.changes + 1 };
  const { changes } = seen.current;
  // Another key makes another element, on which the animation begins.
  return (
    <span key={changes} class={changes === 0 ? 'changing' : 'changing changed'}>
      {text}
    </span>
  );
}
