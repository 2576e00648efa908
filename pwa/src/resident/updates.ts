/** How many of my reports have news that I have not looked at; the sign on the app's icon is kept in step. */

import { effect, signal } from "@preact/signals";

import { acknowledged } from "../outbox/outbox";

export const updates = signal(0);

/** Look for news at the start, when the network comes back and when the page is looked at again. */
export function watchUpdates(): void {
  effect(() => void badge(updates.value));
  const look = (): void => void import("./reports/watch").then((watch) => watch.lookForNews()).catch(() => undefined);
  // A report that has just arrived is to be told of the phone that takes pushes.
  effect(() => void (acknowledged.value > 0 && look()));
  window.addEventListener("online", look);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") look();
  });
  // The first screen comes first.
  setTimeout(look, 1500);
}

interface Badges {
  setAppBadge?(count: number): Promise<void>;
  clearAppBadge?(): Promise<void>;
}

async function badge(count: number): Promise<void> {
  const icon = navigator as Badges;
  await (count > 0 ? icon.setAppBadge?.(count) : icon.clearAppBadge?.())?.catch(() => undefined);
}
