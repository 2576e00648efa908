/** What discreet mode changes around the page: its title, its icon, and the name under which it is installed. */

import { effect } from "@preact/signals";

import { write } from "../../shared/db";
import { appName, DISCREET, discreet } from "../../shared/discreet";
import { language } from "../../shared/i18n";

let isWorn = false;

/** Hide, or show, from now on; remembered on this phone, for the service worker too. */
export async function beDiscreet(yes: boolean): Promise<void> {
  discreet.value = yes;
  disguise();
  try {
    if (yes) localStorage.setItem(DISCREET, "1");
    else localStorage.removeItem(DISCREET);
    await write("discreet", yes || undefined);
  } catch {
    // A browser that keeps nothing is discreet until it is closed.
  }
}

/** Keep title, icon and manifest in step with the mode and the language. */
export function disguise(): void {
  if (isWorn) return;
  isWorn = true;
  effect(() => {
    const hides = discreet.value;
    document.title = appName();
    link("manifest", hides ? `/app/discreet-${language.value}.webmanifest` : `/app/${language.value}.webmanifest`);
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
