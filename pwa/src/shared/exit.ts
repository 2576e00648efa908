/** Leaving at once: the content is gone, then a neutral page stands in its place. Works offline, and Back shows no more. */

import { language } from "./i18n";

/** Where somebody ends up who leaves without a network: a page of ours that says nothing and is always kept. */
export const NEUTRAL = "/neutral";
/** With a network, a page that everybody might be looking at, and that is not blocked where the language is read. */
const ELSEWHERE = { en: "https://www.bbc.com/weather", zh: "https://www.weather.com.cn/" } as const;
/** A network that only seems to be there must not leave a white page. */
const PATIENCE_MS = 1500;
const LEFT = "left";

let hasLeft = false;

/** Cover everything at once and go away; the page is not in the way back. */
export function leave(): void {
  hasLeft = true;
  cover();
  left(true);
  history.replaceState(null, "", NEUTRAL);
  location.replace(goesFar() ? ELSEWHERE[language.value] : NEUTRAL);
  setTimeout(() => location.replace(NEUTRAL), PATIENCE_MS);
}

/** An installed page would show a foreign one with a way back to us: there our own neutral page is safer. */
function goesFar(): boolean {
  return navigator.onLine && !matchMedia("(display-mode: standalone)").matches;
}

/** Take everything off the page, dialogs included: nothing of it is left to see, to print or to select. */
function cover(): void {
  const blank = document.createElement("div");
  blank.className = "cover";
  document.body.replaceChildren(blank);
  document.title = "…";
}

/** Whether somebody left in this tab; it alone remembers, under a word that says nothing. */
function left(now?: boolean): boolean {
  try {
    if (now) sessionStorage.setItem(LEFT, "1");
    if (now === false) sessionStorage.removeItem(LEFT);
    return sessionStorage.getItem(LEFT) !== null;
  } catch {
    // A browser that keeps nothing still covers and leaves.
    return false;
  }
}

/**
 * Shift pressed three times within five seconds leaves. Returns true where somebody who left came here with Back: the
 * page is covered already, and must not be shown.
 */
export function listenForExit(): boolean {
  window.addEventListener("keyup", threeTimesShift());
  // Back may bring a page as it was, out of memory: one that was left stays covered.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted && (hasLeft || left())) stayAway();
  });
  if (cameBack()) return stayAway();
  left(false);
  return false;
}

function stayAway(): true {
  cover();
  location.replace(NEUTRAL);
  return true;
}

function cameBack(): boolean {
  const [how] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return how?.type === "back_forward" && left();
}

function threeTimesShift(): (event: KeyboardEvent) => void {
  let pressed: number[] = [];
  return (event) => {
    if (event.key !== "Shift") return void (pressed = []);
    const now = performance.now();
    pressed = [...pressed.filter((at) => now - at < 5000), now];
    if (pressed.length >= 3) leave();
  };
}
