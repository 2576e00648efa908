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
  { path: "incidents", needs: "incidents.read", words: ["incident"], load: () => import("./screens/incident") },
  { path: "map", needs: "incidents.read", words: ["map"], load: () => import("./screens/map"), entry: { words: "nav.map", icon: "map", key: "m" } },
  { path: "aid", needs: "aid.match", words: ["aid"], load: () => import("./screens/aid"), entry: { words: "nav.aid", icon: "aid", key: "n" } },
  { path: "rosters", needs: "configuration.read", words: ["rosters"], load: () => import("./screens/rosters"), entry: { words: "nav.rosters", icon: "rosters", key: "s" } },
  { path: "ladder", needs: "rosters.write", words: ["ladder", "rosters"], load: () => import("./screens/ladder") },
  { path: "people", needs: "configuration.read", words: ["people", "rosters"], load: () => import("./screens/people"), entry: { words: "nav.people", icon: "people", key: "p" } },
  { path: "organisations", needs: "configuration.read", words: ["organisations", "rosters"], load: () => import("./screens/organisations"), entry: { words: "nav.organisations", icon: "organisations", key: "o" } },
  { path: "areas", needs: "configuration.read", words: ["areas", "rosters"], load: () => import("./screens/areas"), entry: { words: "nav.areas", icon: "areas", key: "a" } },
  { path: "rules", needs: "configuration.read", words: ["rules"], load: () => import("./screens/rules"), entry: { words: "nav.rules", icon: "rules", key: "r" } },
  { path: "measures", needs: "measures.read", words: ["measures"], load: () => import("./screens/measures"), entry: { words: "nav.measures", icon: "measures", key: "t" } },
  { path: "health", needs: "health.read", words: ["health"], load: () => import("./screens/health"), entry: { words: "nav.health", icon: "health", key: "h" } },
  { path: "audit", needs: "me.read", words: ["audit", "glass"], load: () => import("./screens/audit"), entry: { words: "nav.audit", icon: "audit", key: "u" } },
  { path: "security", needs: "me.sign_in", words: ["security"], load: () => import("./screens/security") },
  { path: "break-glass", needs: "glass.break", words: ["glass"], load: () => import("./screens/glass") },
];

/** The screen of the first part of an address. */
export function screenOf(path: string): Screen | undefined {
  return SCREENS.find((one) => one.path === path);
}

/** Where a screen is. */
export function addressOf(screen: Screen): string {
  return screen.path ? `/console/${screen.path}` : "/console";
}
