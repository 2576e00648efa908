/** Doing something again and again while somebody looks, and not otherwise. */

import { useEffect, useRef } from "preact/hooks";

import { type Line, listen } from "./live";

/**
 * Look whenever the server says that a report changed; where it says nothing by itself, every `every_ms`. Beneath a
 * line that stands it is looked at more seldom all the same: not everything rings.
 */
export function useNews(receipt: string, every_ms: number, look: () => void): void {
  const line = useRef<Line | undefined>(undefined);
  const latest = useRef(look);
  const lookedAt = useRef(0);
  latest.current = () => {
    lookedAt.current = performance.now();
    look();
  };
  useEffect(() => {
    const opened = (line.current = listen(receipt, () => latest.current()));
    return opened.end;
  }, [receipt]);
  useWhileLooking(every_ms, () => {
    const isCovered = line.current?.isLive() && performance.now() - lookedAt.current < every_ms * SELDOM;
    if (!isCovered) latest.current();
  });
}

/** How much more seldom the page asks by itself while the server rings. */
const SELDOM = 4;

/** Do it now, every `every_ms` while the page is visible, and at once when it is looked at again or is online again. */
export function useWhileLooking(every_ms: number, act: () => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === "visible") latest.current();
    };
    look();
    const timer = setInterval(look, every_ms);
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("online", look);
    };
  }, [every_ms]);
}
