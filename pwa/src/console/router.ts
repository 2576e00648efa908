/** Which screen is shown: by the address under /console, without a reload. */

import { signal } from "@preact/signals";

export const ROOT = "/console";

export interface Place {
  /** The first part of the address behind /console; "" is the first screen. */
  readonly path: string;
  /** What follows it: `/console/incidents/7` has `["7"]`. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}

/** The place of an address; undefined where it is not the console's. */
export function placeOf(address: string): Place | undefined {
  const url = new URL(address, "https://linli.invalid");
  const [root = "", path = "", ...rest] = url.pathname.split("/").filter(Boolean);
  if (`/${root}` !== ROOT || path === "plain") return undefined;
  return { path, rest: rest.map(readable), query: url.searchParams };
}

function readable(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const HERE: Place = { path: "", rest: [], query: new URLSearchParams() };
export const place = signal<Place>((typeof location === "undefined" ? undefined : placeOf(location.href)) ?? HERE);

/** Whether this page has shown another screen since it was loaded: then a new screen's heading takes the focus. */
export let hasMoved = false;

/** Show another screen. `replace` leaves no way back to the present one. */
export function go(address: string, options: { replace?: boolean } = {}): void {
  const found = placeOf(address);
  if (!found) return location.assign(address);
  if (options.replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  hasMoved = true;
  const isElsewhere = found.path !== place.value.path || found.rest.join("/") !== place.value.rest.join("/");
  place.value = found;
  if (!isElsewhere) return;
  scrollTo(0, 0);
  (document.activeElement as HTMLElement | null)?.blur();
}

/** Write what a screen shows (filters, order: ids and codes, no words of people) into its address; others keep theirs. */
export function setQuery(changes: Readonly<Record<string, string | null | undefined>>): void {
  const query = new URLSearchParams(place.value.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const said = query.toString();
  history.replaceState(null, "", `${location.pathname}${said ? `?${said}` : ""}`);
  place.value = { ...place.value, query };
}

/** Follow links of the console without loading the page anew. */
export function follow(): void {
  window.addEventListener("popstate", () => {
    hasMoved = true;
    place.value = placeOf(location.href) ?? HERE;
  });
  window.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.("a");
    const plain = !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (!link || !plain || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    // A link within the page, such as the one to the main part, is the browser's own.
    if (link.hash && link.pathname === location.pathname) return;
    if (!placeOf(link.href)) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}
