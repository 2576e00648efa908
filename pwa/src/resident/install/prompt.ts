/** The browser's offer to install the page: it comes once, early, and is kept until somebody asks for it. */

import { signal } from "@preact/signals";

interface InstallPrompt extends Event {
  prompt(): Promise<{ outcome: "accepted" | "dismissed" }>;
}

/** The offer; undefined where the browser makes none, as on an iPhone. */
export const offered = signal<InstallPrompt | undefined>(undefined);
/** Whether the page was put on the home screen, as far as the browser says. */
export const isInstalled = signal(false);

if (typeof window !== "undefined") {
  window.addEventListener("beforeinstallprompt", (event) => {
    // The browser's own bar would come at a moment that nobody chose.
    event.preventDefault();
    offered.value = event as InstallPrompt;
  });
  window.addEventListener("appinstalled", () => {
    offered.value = undefined;
    isInstalled.value = true;
  });
}

/** Whether the page runs from the home screen already. */
export function runsInstalled(): boolean {
  return matchMedia("(display-mode: standalone)").matches || (navigator as { standalone?: boolean }).standalone === true;
}

/** Show the browser's question; an offer can be used once. */
export async function install(): Promise<void> {
  const offer = offered.value;
  offered.value = undefined;
  if ((await offer?.prompt())?.outcome === "accepted") isInstalled.value = true;
}
