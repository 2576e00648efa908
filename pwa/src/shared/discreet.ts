/** Discreet mode: on this phone the page has another name and says nothing of itself. Its rest is in disguise.ts. */

import { signal } from "@preact/signals";

import { language, t } from "./i18n";
import { NEUTRAL_NAMES } from "./names";

/** In the clear and readable at once, so that not even the first moment shows the name; it says one bit. */
export const DISCREET = "linli-discreet";

/** Whether the page hides what it is. */
export const discreet = signal(false);

/** What the page calls itself: in the bar, in the title, wherever its name would stand. */
export function appName(): string {
  return discreet.value ? NEUTRAL_NAMES[language.value] : t("name");
}

/** At the start of the page, before anything of it is shown: hide again where it was chosen. */
export function keepDiscreet(): void {
  try {
    discreet.value = localStorage.getItem(DISCREET) !== null;
  } catch {
    // A browser that keeps nothing has no such choice.
  }
  if (!discreet.value) return;
  document.title = appName();
  void import("../resident/safety/disguise").then(({ disguise }) => disguise(), () => undefined);
}
