/** Work that waits until somebody pauses, of which only the latest counts. */

import { useEffect, useRef } from "preact/hooks";

/** How long somebody pauses before the server is asked: shorter asks at each letter, longer feels late. */
const PAUSE_MS = 350;
const running = new Set<Promise<unknown>>();

type Work = (isStale: () => boolean) => Promise<void>;

/** Whatever the caller is given is done after a pause; a later one takes its place. */
export function useLately(): (work: Work) => void {
  const turn = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const letGo = useRef<(() => void) | undefined>(undefined);
  useEffect(() => () => {
    turn.current += 1;
    clearTimeout(timer.current);
    letGo.current?.();
  }, []);
  return (work) => {
    const mine = ++turn.current;
    clearTimeout(timer.current);
    letGo.current?.();
    const done = new Promise<void>((resolve) => {
      letGo.current = resolve;
      timer.current = setTimeout(() => void work(() => mine !== turn.current).finally(resolve), PAUSE_MS);
    });
    running.add(done);
    void done.finally(() => running.delete(done));
  };
}

/** Wait until nothing of it is under way: what is saved then is what was typed. */
export async function caughtUp(): Promise<void> {
  while (running.size > 0) await Promise.all(running);
}
