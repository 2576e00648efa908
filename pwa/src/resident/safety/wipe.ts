/** Deleting everything that this page keeps on this phone. */

import { deleteDB } from "idb";

import { close } from "../../shared/db";
import { NEUTRAL } from "../../shared/exit";
import { forgetKey } from "../../shared/vault";

const WITHIN_MS = 5_000;

/**
 * Delete it all; what stands on the screen and in the tab's address is the caller's to leave. Resolves with whether all
 * of it is gone. The key goes first: whatever could not be deleted can then never be opened again.
 */
export async function wipe(): Promise<boolean> {
  await forgetKey().catch(() => undefined);
  const done = await Promise.allSettled([deleteDatabase(), deleteCaches(), forgetWorker()]);
  try {
    localStorage.clear();
    sessionStorage.clear();
  } catch {
    // Where a browser keeps nothing, nothing is left.
  }
  return done.every((one) => one.status === "fulfilled");
}

/** Go where nothing says what was here: without a worker and a network there is only the browser's empty page. */
export function goAway(): void {
  location.replace(navigator.onLine ? NEUTRAL : "about:blank");
}

async function deleteDatabase(): Promise<void> {
  await close();
  // Another tab lets go when it is asked; one that does not answer must not hold this up for ever.
  const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error("blocked")), WITHIN_MS));
  await Promise.race([deleteDB("linli"), late]);
}

async function deleteCaches(): Promise<void> {
  if (!("caches" in globalThis)) return;
  await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
}

async function forgetWorker(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  for (const one of await navigator.serviceWorker.getRegistrations()) {
    await (await one.pushManager?.getSubscription().catch(() => null))?.unsubscribe();
    await one.unregister();
  }
}
