/** Which of the fixes are worth sending while an alarm is on. Pure. */

import type { Fix } from "./positions";

/** A place is sent again after this long even where it is no better. */
export const AGAIN_MS = 60_000;
/** A fix counts as better when its circle is at least a fifth smaller; else a still phone would send all the time. */
const BETTER = 0.8;

/** A fix that is older than the last by more than this comes from a clock that was set back. */
const SET_BACK_MS = 3_600_000;

/** Whether a fix tells more than the one sent last; `sentAt` and `now` by a clock that nobody can set. */
export function isWorthSending(fix: Fix, sent: Fix | undefined, sentAt: number, now: number): boolean {
  if (!sent) return true;
  const older = sent.at - fix.at;
  if (older >= 0 && older < SET_BACK_MS) return false;
  return fix.accuracy_m < sent.accuracy_m * BETTER || now - sentAt >= AGAIN_MS;
}
