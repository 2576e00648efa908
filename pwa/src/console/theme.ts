/** Light or dark: as the device says, or as the person chose in this browser. */

import { signal } from "@preact/signals";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEPT = "linli-theme";
export const theme = signal<Theme>("system");

/** Take the theme that was chosen before. */
export function wearTheme(): void {
  try {
    const kept = localStorage.getItem(KEPT);
    if (kept === "light" || kept === "dark") show(kept);
  } catch {
    // A browser that keeps nothing follows its device.
  }
}

/** Choose a theme, and remember it. */
export function chooseTheme(chosen: Theme): void {
  show(chosen);
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // It holds until the page is closed.
  }
}

function show(chosen: Theme): void {
  theme.value = chosen;
  if (chosen === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = chosen;
}
