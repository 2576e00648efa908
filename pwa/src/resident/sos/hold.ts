/** Holding the ring: what a press, a trembling hand, a key and time make of it. Pure; the component feeds it. */

/** How long the ring is held before it counts (ux.md, Numbers). */
export const HOLD_MS = 3_000;
/** A trembling hand drifts; who drags this far away wants to let go. */
export const DRIFT_PX = 120;

export type Hold =
  | { readonly is: "idle" }
  | { readonly is: "holding"; readonly since: number; readonly by: "pointer" | "key"; readonly x: number; readonly y: number }
  | { readonly is: "early" }
  | { readonly is: "done" };

export type Push =
  | { readonly act: "press"; readonly at: number; readonly x: number; readonly y: number }
  | { readonly act: "key"; readonly at: number; readonly repeat: boolean }
  | { readonly act: "move"; readonly x: number; readonly y: number }
  | { readonly act: "time"; readonly at: number }
  | { readonly act: "release"; readonly at: number };

export const IDLE: Hold = { is: "idle" };

/** The state that follows. Time decides at release too, because a busy phone may miss a tick. */
export function after(hold: Hold, push: Push): Hold {
  if (push.act === "press") return { is: "holding", since: push.at, by: "pointer", x: push.x, y: push.y };
  // A key that is kept down repeats by itself; only the first counts, and never one that went down elsewhere.
  if (push.act === "key") return push.repeat ? hold : { is: "holding", since: push.at, by: "key", x: 0, y: 0 };
  if (hold.is !== "holding") return hold;
  if (push.act === "move") {
    return hold.by === "pointer" && Math.hypot(push.x - hold.x, push.y - hold.y) > DRIFT_PX ? { is: "early" } : hold;
  }
  if (push.at - hold.since >= HOLD_MS) return { is: "done" };
  return push.act === "release" ? { is: "early" } : hold;
}

/** The whole seconds still to hold. */
export function secondsLeft(hold: Hold, now: number): number {
  return hold.is === "holding" ? Math.max(1, Math.ceil((HOLD_MS - (now - hold.since)) / 1000)) : HOLD_MS / 1000;
}
