/** What this page did a moment ago: when each report was handed over, and what was told where the phone keeps nothing. */

import type { Mine } from "../../outbox/outbox";

/** For how long a tap can be taken back. */
export const UNDO_MS = 10_000;

const handedOver = new Map<string, number>();
const told = new Map<string, Mine>();

/** The person has pressed Send: from now on it can be undone for a moment. By a clock that nobody can set. */
export function begin(id: string, ticks: number = performance.now()): void {
  handedOver.set(id, ticks);
}

/** A report that another screen handed over this very moment, by the time at which it was written on this phone. */
export function beginIfFresh(id: string, createdAt: number | undefined, clock: number = Date.now()): void {
  const age = clock - (createdAt ?? Number.NaN);
  if (!handedOver.has(id) && age >= 0 && age < UNDO_MS) begin(id);
}

/** For how much longer it can be undone, in milliseconds; 0 for what this page did not send. */
export function left(id: string, ticks: number = performance.now()): number {
  const at = handedOver.get(id);
  return at === undefined ? 0 : Math.max(0, at + UNDO_MS - ticks);
}

/** Remember what the server told, for as long as this page lives. */
export function tell(mine: Mine): void {
  told.set(mine.clientId, mine);
}

/** What the server told to this page itself. */
export function toldOf(id: string): Mine | undefined {
  return told.get(id);
}
