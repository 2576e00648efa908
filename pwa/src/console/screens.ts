/** Every screen of the console, fetched when it is first shown: one line for each. */

import type { ComponentType } from "preact";

import type { Area } from "./i18n";
import type { IconName } from "./icons";
import type { TextKey } from "./texts";

export interface Screen {
  /** The first part of its address behind /console/; "" is the first screen. */
  readonly path: string;
  /** Who may open it: a permission as in docs/permissions.md. */
  readonly needs: string;
  readonly words: readonly Area[];
  readonly load: () => Promise<{ default: ComponentType }>;
  /** How it stands in the navigation; a screen without it is reached from others. `key` is pressed after `g`. */
  readonly entry?: { readonly words: TextKey; readonly icon: IconName; readonly key: string };
}

export const SCREENS: readonly Screen[] = [
  { path: "", needs: "incidents.read", words: ["queue"], load: () => import("./screens/queue"), entry: { words: "nav.queue", icon: "queue", key: "q" } },
  { path: "map", needs: "incidents.read", words: ["map"], load: () => import("./screens/map"), entry: { words: "nav.map", icon: "map", key: "m" } },
  { path: "rules", needs: "configuration.read", words: ["rules"], load: () => import("./screens/rules"), entry: { words: "nav.rules", icon: "rules", key: "r" } },
];

/** The screen of the first part of an address. */
export function screenOf(path: string): Screen | undefined {
  return SCREENS.find((one) => one.path === path);
}

/** Where a screen is. */
export function addressOf(screen: Screen): string {
  return screen.path ? `/console/${screen.path}` : "/console";
}
