/** Discreet mode: on this phone the page has another name, another icon, and says nothing of itself. */

import { effect, signal } from "@preact/signals";

import { write } from "./db";
import { type Language, language, t } from "./i18n";

// In the clear and readable at once, so that not even the first moment shows the name; it says one bit.
const KEPT = "linli-discreet";

/** What the page calls itself when it hides, as in its discreet manifests. */
export const NEUTRAL_NAMES: Readonly<Record<Language, string>> = { en: "Notes", zh: "便签" };

/** Whether the page hides what it is. */
export const discreet = signal(false);

/** What the page calls itself: in the bar, in the title, wherever its name would stand. */
export function appName(): string {
  return discreet.value ? NEUTRAL_NAMES[language.value] : t("name");
}

/** Hide, or show, from now on; remembered on this phone, for the service worker too. */
export async function beDiscreet(yes: boolean): Promise<void> {
  discreet.value = yes;
  try {
    if (yes) localStorage.setItem(KEPT, "1");
    else localStorage.removeItem(KEPT);
    await write("discreet", yes || undefined);
  } catch {
    // A browser that keeps nothing is discreet until it is closed.
  }
}

/** At the start of the page, after its words are loaded: keep title, icon and manifest in step with the mode. */
export function keepDiscreet(): void {
  try {
    discreet.value = localStorage.getItem(KEPT) !== null;
  } catch {
    discreet.value = false;
  }
  effect(() => {
    const hides = discreet.value;
    const code = language.value;
    document.title = appName();
    link("manifest", hides ? `/app/discreet-${code}.webmanifest` : `/app/${code}.webmanifest`);
    link("icon", hides ? "/app/discreet-192.png" : "/app/icon.svg");
    link("apple-touch-icon", hides ? "/app/discreet-192.png" : "/app/icon-192.png");
  });
}

function link(rel: string, address: string): void {
  const found = document.querySelector<HTMLLinkElement>(`link[rel="${rel}"]`);
  if (!found || found.getAttribute("href") === address) return;
  if (rel === "icon") found.type = address.endsWith(".svg") ? "image/svg+xml" : "image/png";
  found.href = address;
}
