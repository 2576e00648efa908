/** The app code: asked when the page opens, and when it comes back after a minute out of sight. */

import { signal } from "@preact/signals";

import { read } from "../../shared/db";

/** Whether the screens are shut until the code is said. */
export const locked = signal(false);
/** Whether a code is set on this phone. */
export const hasAppCode = signal(false);
/** What is never shut: whoever is in danger has no time for a code (INV-13). */
export const NEVER_SHUT: ReadonlySet<string> = new Set(["sos"]);

const KEPT = "app-code";
const AWAY_MS = 60_000;

/** At the start of the page, before anything is shown: shut it where a code is set. Never rejects. */
export async function watchLock(): Promise<void> {
  hasAppCode.value = locked.value = (await read(KEPT).catch(() => undefined)) !== undefined;
  let hiddenAt: number | undefined;
  const look = (): void => {
    if (document.visibilityState === "hidden") return void (hiddenAt = Date.now());
    const away = hiddenAt === undefined ? 0 : Date.now() - hiddenAt;
    hiddenAt = undefined;
    // A clock that was set back is no reason to stay open.
    if (hasAppCode.value && (away < 0 || away >= AWAY_MS)) locked.value = true;
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", look);
}
