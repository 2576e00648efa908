/** How an alarm is ended by its person: with a code where one was set, never by silence. */

import { t } from "../../shared/i18n";
import { normalForm, whichCode } from "../safety/codes";
import { type Alarm, alarm, codes, drafted, finish, phase } from "./alarm";
import { leaveBehind } from "./ending";

/** Whether a code is needed to end the alarm as it stands. One that went out has codes of its own. */
export function needsCode(): boolean {
  const one = alarm.value;
  return (one && !one.isCounting ? one.draft.codes : codes.value) !== undefined;
}

/** Stop the countdown without a code, where none is set. Nothing was sent. */
export function stop(): void {
  if (phase.value === "counting" && !needsCode()) finish("stopped");
}

/**
 * End the alarm with a code; false when it is neither of the two. Both look alike in everything: what follows is the
 * same screen at the same moment. During the countdown the true code alone means that nothing is sent.
 */
export function endBy(said: string): boolean {
  const one = alarm.value;
  const set = one && (one.isCounting ? codes.value : one.draft.codes);
  const meant = set && whichCode(set, said);
  if (!one || !meant) return false;
  const isUnsent = one.isCounting && meant === "cancel";
  const draft = one.isCounting ? drafted() : one.draft;
  finish("ended");
  if (!isUnsent) passOnLater({ ...one, draft }, normalForm(said));
  return true;
}

/** End the alarm where no code was set; the desk is told that it was taken back. */
export function takeBack(): void {
  const one = alarm.value;
  if (!one || phase.value !== "on" || needsCode()) return;
  finish("ended");
  passOnLater(one);
}

/** After the screen has changed, so that it changes as fast whatever follows. */
function passOnLater(one: Alarm, code?: string): void {
  const { id, draft, told } = one;
  const ended = { id, draft, words: t("sos.taken_back"), ...(told && { receipt: told.receipt }), ...(code && { code }) };
  setTimeout(() => void leaveBehind(ended), 0);
}
