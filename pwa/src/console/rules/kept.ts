/** Work on a draft that the server does not have yet, kept in this browser until it has. Rules name no person. */

import { me } from "../session";
import type { Edits } from "./model";

export interface Kept {
  readonly title: string;
  readonly why: string;
  readonly edits: Edits;
  /** The revision of the draft that it was written upon; 0 for one that the server does not have. */
  readonly revision: number;
}

function nameOf(id: string): string {
  return `linli-rules:${me.value?.person_id ?? ""}:${id}`;
}

/** Keep what was written, or let it go. `id` is the change's, or "new" with its area. */
export function keep(id: string, work: Kept | undefined): void {
  try {
    if (work) localStorage.setItem(nameOf(id), JSON.stringify(work));
    else localStorage.removeItem(nameOf(id));
  } catch {
    // A browser that keeps nothing still holds the work for as long as the page is open.
  }
}

/** What was kept. */
export function kept(id: string): Kept | undefined {
  try {
    const text = localStorage.getItem(nameOf(id));
    return text ? (JSON.parse(text) as Kept) : undefined;
  } catch {
    return undefined;
  }
}
