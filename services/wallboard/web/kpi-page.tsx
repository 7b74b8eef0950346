import type { VNode } from 'preact';
import type { Language } from './language.ts';

/** The page of a KPI. */
export function KpiPage({ name }: { readonly name: string; readonly language: Language }): VNode {
  return <main class="page">{name}</main>;
}
