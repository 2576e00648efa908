/** Which screen is shown: by the address, without a reload. */

import { signal } from "@preact/signals";

/** Screens by the first part of the address; what follows is the screen's own. */
export const ROUTES = {
  "": "home",
  report: "report",
  sent: "sent",
  reports: "reports",
  open: "open",
  aid: "aid",
  sos: "sos",
  alerts: "alerts",
  safety: "safety",
  install: "install",
  help: "help",
} as const;
export type Screen = (typeof ROUTES)[keyof typeof ROUTES];

export interface Place {
  readonly screen: Screen | "missing";
  /** What follows the screen's name: `/reports/abc` has `["abc"]`. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}

/** The screen of an address. */
export function placeOf(address: string): Place {
  const url = new URL(address, "https://linli.invalid");
  const [name = "", ...rest] = url.pathname.split("/").filter(Boolean);
  const screen = name in ROUTES ? ROUTES[name as keyof typeof ROUTES] : "missing";
  return { screen, rest: rest.map(decodeURIComponent), query: url.searchParams };
}

export const place = signal<Place>(placeOf(typeof location === "undefined" ? "/" : location.href));

/** Whether this page has shown another screen since it was loaded. */
export let hasMoved = false;

/** Show another screen. `replace` leaves no way back to the present one. */
export function go(address: string, options: { replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  hasMoved = true;
  place.value = placeOf(address);
  scrollTo(0, 0);
  // The new screen's heading takes the focus: its name is said, and the keyboard goes on from there.
  (document.activeElement as HTMLElement | null)?.blur();
}

/** Follow links of our own without loading the page anew. */
export function follow(): void {
  window.addEventListener("popstate", () => {
    place.value = placeOf(location.href);
  });
  window.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    const plain = !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (!link || !plain || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (placeOf(link.href).screen === "missing") return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
