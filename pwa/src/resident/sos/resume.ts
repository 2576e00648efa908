/** At the start of the page: an alarm that is on comes back into view, and ended ones are passed on. */

import { read } from "../../shared/db";
import { go, place } from "../../shared/router";

/** Never rejects. Somebody who opened another screen on purpose stays there. */
export async function comeBack(): Promise<void> {
  const [isOn, hasEnded] = await Promise.all([read("sos-active"), read("sos-ended")]).catch(() => []);
  if (hasEnded) void import("./after").then(({ passOn }) => passOn(), () => undefined);
  if (isOn && place.value.screen === "home") go("/sos", { replace: true });
}
