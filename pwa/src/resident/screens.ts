/** Every screen, fetched when it is first shown. */

import type { ComponentType } from "preact";

import type { Area } from "../shared/i18n";
import type { Screen } from "../shared/router";

type Load = () => Promise<{ default: ComponentType }>;

export const SCREENS: Record<Screen | "missing", Load> = {
  home: () => import("./screens/home"),
  report: () => import("./screens/report"),
  sent: () => import("./screens/sent"),
  reports: () => import("./screens/reports"),
  open: () => import("./screens/open"),
  aid: () => import("./screens/aid"),
  sos: () => import("./screens/sos"),
  alerts: () => import("./screens/alerts"),
  safety: () => import("./screens/safety"),
  install: () => import("./screens/install"),
  help: () => import("./screens/help"),
  missing: () => import("./screens/missing"),
};

/** The words that each screen begins with; what it shows later comes by itself. */
export const WORDS_OF: Record<Screen | "missing", readonly Area[]> = {
  home: ["home"], report: ["report"], sent: ["report"], reports: ["reports"], open: ["reports", "thread"], aid: ["aid"],
  sos: ["sos"], alerts: ["more"], safety: ["safety"], install: ["more"], help: ["more"], missing: ["home"],
};
