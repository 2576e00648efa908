/** Which of the fixes are worth sending while an alarm is on. Pure. */

import type { Fix } from "./positions";

/** A place is sent again after this long even where it is no better. */
export const AGAIN_MS = 60_000;
/** A fix counts as better when its circle is at least a fifth smaller; else a still phone would send all the time. */
const BETTER = 0.8;

/** Whether a fix tells more than the one sent last at `sentAt`. */
export function isWorthSending(fix: Fix, sent: Fix | undefined, sentAt: number, now: number): boolean {
  if (!sent) return true;
  if (fix.at <= sent.at) return false;
  return fix.accuracy_m < sent.accuracy_m * BETTER || now - sentAt >= AGAIN_MS;
}
