/** Doing something again and again while somebody looks, and not otherwise. */

import { useEffect, useRef } from "preact/hooks";

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
