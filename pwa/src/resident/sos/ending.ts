/**
 * Alarms that were ended on this phone, and what the server has still to hear of them.
 *
 * The phone never acts upon which code was said once an SOS has gone out: it passes the code on, and the server knows.
 * The report itself is passed on as well, under the same id, because its answer may have been lost on the way, and
 * only the receipt in the answer lets us say that it was ended.
 */

import { type Acknowledgement, type Draft, drop } from "../../outbox/outbox";
import { oneOfMine } from "../../outbox/mine";
import type { Outcome } from "../../shared/api";
import { read, type Sealed, write } from "../../shared/db";
import { open, seal } from "../../shared/vault";
import { call, isLater } from "./call";

/** One ended alarm. Without a code it is taken back, and `words` say so where that is no longer possible. */
export interface Ended {
  readonly id: string;
  readonly draft: Draft;
  readonly receipt?: string;
  readonly code?: string;
  readonly words: string;
}

const KEPT = "sos-ended";
const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 60_000;

let held: readonly Ended[] = [];
let again: ReturnType<typeof setTimeout> | undefined;
let wait = FIRST_WAIT_MS;

/**
 * Pass on that an alarm was ended: now if possible, else as soon as there is a network. It is kept before anything else,
 * for whoever was seen ending it may have to put the phone away at once. Never rejects.
 */
export async function leaveBehind(ended: Ended): Promise<void> {
  held = [...held, ended];
  await keep();
  await drop(ended.id).catch(() => undefined);
  if ((await passOn()) > 0) await askForSync().catch(() => undefined);
}

/** Where the browser can, the service worker goes on when this page is closed. */
async function askForSync(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  await (registration as unknown as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync?.register("linli-outbox");
}

/** Pass on what is left; also at the start of the page and in the service worker. Resolves with how many remain. */
export async function passOn(): Promise<number> {
  clearTimeout(again);
  // Two that pass on the same do no harm: the server takes each once.
  const kept = await read<Sealed>(KEPT).then((box) => box && open<readonly Ended[]>(box, KEPT)).catch(() => undefined);
  held = [...held, ...(kept ?? []).filter((one) => !held.some((known) => known.id === one.id))];
  if (!held.length) return 0;
  for (const one of held) {
    if (await passedOn(one)) held = held.filter((other) => other.id !== one.id);
  }
  await keep();
  if (held.length) again = setTimeout(() => void passOn(), wait);
  wait = held.length ? Math.min(LONGEST_WAIT_MS, wait * 2) : FIRST_WAIT_MS;
  return held.length;
}

async function keep(): Promise<void> {
  try {
    await write(KEPT, held.length ? await seal(held, KEPT) : undefined);
  } catch {
    // A browser that keeps nothing still passes it on while the page is open.
  }
}

/** Whether nothing more has to be done for it. */
async function passedOn(ended: Ended): Promise<boolean> {
  const receipt = ended.receipt ?? (await oneOfMine(ended.id).catch(() => undefined))?.receipt;
  if (receipt) return !isLater(await say(ended, receipt));
  const body = { ...ended.draft, client_id: ended.id };
  const answer = await call<Acknowledgement>("/api/v1/reports", { body });
  if (answer.is === "data") return !isLater(await say(ended, answer.data.receipt));
  // Refused for good: then there is no alarm of this id to be ended.
  return !isLater(answer);
}

async function say(ended: Ended, receipt: string): Promise<Outcome<unknown>> {
  if (ended.code) return call("/api/v1/receipt/cancel", { receipt, body: { code: ended.code } });
  const back = await call("/api/v1/receipt/withdraw", { receipt, body: {} });
  if (back.is !== "problem" || isLater(back)) return back;
  return call("/api/v1/receipt/messages", { receipt, body: { text: ended.words } });
}

