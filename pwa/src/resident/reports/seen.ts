/**
 * Saying that messages were seen: those that stood on the screen for a moment while the page was looked at. Fetching a
 * report is no seeing, and neither is a page in the background.
 */

import { type RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import type { Message } from "./answer";
import { saySeen } from "./asking";

/** So long a message has to stand on the screen. */
export const LOOKED_MS = 1000;

/** Whether enough of something stands on the screen: half of it, or half the screen full of it. */
export function isInView(entry: Pick<IntersectionObserverEntry, "isIntersecting" | "intersectionRatio" | "intersectionRect">, height: number): boolean {
  return entry.isIntersecting && (entry.intersectionRatio >= 0.5 || entry.intersectionRect.height >= height / 2);
}

/** Watch the messages in a list that bear `data-unseen` with their id, and say which were seen; once for each. */
export function useSeen(receipt: string, messages: readonly Message[]): RefObject<HTMLOListElement | null> {
  const list = useRef<HTMLOListElement>(null);
  const said = useRef(new Set<string>());
  useEffect(() => {
    const marked = list.current?.querySelectorAll<HTMLElement>("[data-unseen]");
    if (!marked?.length || !("IntersectionObserver" in window)) return;
    const inView = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (): void => {
      const ids = [...inView].filter((id) => !said.current.has(id));
      if (document.visibilityState !== "visible" || ids.length === 0) return;
      for (const id of ids) said.current.add(id);
      // What could not be said is said with the next answer, as long as it still stands there.
      void saySeen(receipt, ids).then((isTaken) => isTaken || ids.forEach((id) => said.current.delete(id)));
    };
    const soon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(tell, LOOKED_MS);
    };
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const id = (entry.target as HTMLElement).dataset["unseen"] ?? "";
        if (isInView(entry, entry.rootBounds?.height ?? window.innerHeight)) inView.add(id);
        else inView.delete(id);
      }
      soon();
    }, { threshold: [0, 0.25, 0.5] });
    for (const one of marked) observer.observe(one);
    document.addEventListener("visibilitychange", soon);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      document.removeEventListener("visibilitychange", soon);
    };
  }, [messages]);
  return list;
}
