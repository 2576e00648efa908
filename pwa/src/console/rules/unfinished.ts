/** Conditions of the draft whose sentences are not complete: they cannot be saved yet. */

import { signal } from "@preact/signals";

export const unfinished = signal<ReadonlySet<string>>(new Set());

/** Note whether a condition lacks something. */
export function markUnfinished(name: string, lacks: boolean): void {
  if (unfinished.value.has(name) === lacks) return;
  const next = new Set(unfinished.value);
  if (lacks) next.add(name);
  else next.delete(name);
  unfinished.value = next;
}
