/**
 * Pushes to this phone: asked for by a tap, told to the server for each open report by its receipt. A push carries
 * nothing; the service worker says that there is news.
 */

import { signal } from "@preact/signals";

import { fromBase64 } from "../../outbox/envelope";
import { allMine } from "../../outbox/mine";
import type { Mine } from "../../outbox/outbox";
import { api, ask } from "../../shared/api";
import { config } from "../../shared/config";
import { read, write } from "../../shared/db";

/** Whether this phone is subscribed; undefined until it was looked. */
export const isSubscribed = signal<boolean | undefined>(undefined);

/** Which reports were told of which subscription: the phone's own ids, which say nothing of them. */
interface Told {
  readonly endpoint: string;
  readonly ids: readonly string[];
}

const TOLD = "push-told";

async function subscription(): Promise<PushSubscription | undefined> {
  const registration = await navigator.serviceWorker?.getRegistration();
  return (await registration?.pushManager?.getSubscription()) ?? undefined;
}

/** Look whether this phone is subscribed. Never rejects. */
export async function lookAtPush(): Promise<void> {
  isSubscribed.value = (await subscription().catch(() => undefined)) !== undefined;
}

/** Subscribe this phone, after the person allowed it by a tap. Rejects where the browser's push service refuses. */
export async function subscribe(): Promise<void> {
  const key = config.value.keys.push;
  const registration = await navigator.serviceWorker.ready;
  if (!key) return;
  await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64(key) });
  isSubscribed.value = true;
  await tellPush();
}

/** Push to this phone no more. */
export async function unsubscribe(): Promise<void> {
  const told = await read<Told>(TOLD);
  await (await subscription())?.unsubscribe();
  isSubscribed.value = false;
  await write(TOLD, undefined);
  for (const mine of await allMine()) {
    if (told?.ids.includes(mine.clientId)) await ask(api.DELETE("/api/v1/receipt/push", { headers: shown(mine) }));
  }
}

/** Tell the server where this phone is, for each report that it does not know it of. Never rejects. */
export async function tellPush(): Promise<void> {
  const held = await subscription().catch(() => undefined);
  if (!held || !config.value.keys.push) return;
  const kept = await read<Told>(TOLD).catch(() => undefined);
  let ids = kept?.endpoint === held.endpoint ? kept.ids : [];
  for (const mine of await allMine().catch(() => [])) {
    if (ids.includes(mine.clientId)) continue;
    const answer = await ask(api.POST("/api/v1/receipt/push", { headers: shown(mine), body: { endpoint: held.endpoint } }));
    // Without a network it is tried again at the next look; what is refused once is refused always.
    if (answer.is === "offline" || (answer.is === "problem" && answer.problem.status >= 500)) return;
    ids = [...ids, mine.clientId];
    await write(TOLD, { endpoint: held.endpoint, ids } satisfies Told).catch(() => undefined);
  }
}

function shown(mine: Mine): { readonly Authorization: string } {
  return { Authorization: `Receipt ${mine.receipt}` };
}
