/**
 * The outbox: a report is written here first, then sent; it is removed only when the server has acknowledged it.
 *
 * The phone's own id of a report is its idempotency key, so that sending twice makes one. What waits is sealed to the
 * server. Network faults, 5xx, 408, 425 and 429 are tried again; any other refusal needs the person's attention.
 */

import { signal } from "@preact/signals";

import { hearTime } from "../shared/clock";
import { database, type Kept } from "../shared/db";
import { seal } from "../shared/vault";
import { type Envelope, sealTo, type ServerKey } from "./envelope";

/** What the server says when it refuses (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly advice?: string;
  readonly errors?: unknown;
  /** The report as it was sent, so that it can be mended: the phone itself cannot open what it sealed. */
  readonly sent?: Draft;
  readonly help?: readonly string[];
}

/** A report as POST /api/v1/reports takes it, but for its id and photos. */
export interface Draft {
  readonly kind: "concern" | "aid_request" | "aid_offer" | "distress";
  readonly category?: string;
  readonly text?: string;
  readonly place?: {
    readonly lat?: number;
    readonly lon?: number;
    readonly accuracy_m?: number;
    readonly taken_at?: string;
    readonly landmark?: string;
  };
  readonly danger_now?: boolean;
  readonly language?: string;
  readonly anonymous?: boolean;
  readonly voice?: string;
  readonly people_count?: number;
  readonly contact?: { readonly email?: string; readonly phone?: string; readonly consent?: boolean };
  readonly safe_contact?: Readonly<Record<string, unknown>>;
  readonly codes?: { readonly cancel: string; readonly duress?: string };
}

/** A report that waits. Its kind and times are in the clear, so that an SOS goes first; its words are not. */
export interface Waiting {
  readonly id: string;
  readonly urgent: boolean;
  readonly kind: Draft["kind"];
  readonly createdAt: number;
  readonly envelope: Envelope;
  /** Fixed before the report is first tried, so that every try says the same. */
  photoIds: readonly string[];
  state: "waiting" | "attention";
  attempts: number;
  nextAt: number;
  problem?: Problem;
}

/** A photo that waits for its report. */
export interface WaitingPhoto {
  readonly id: string;
  readonly reportId: string;
  readonly envelope: Envelope;
}

/** What the server told when it acknowledged a report. */
export interface Acknowledgement {
  readonly id: string;
  readonly receipt: string;
  readonly status: string;
  readonly received_at: string;
  readonly incident: { readonly id: string; readonly grade: number; readonly category: string | null; readonly status: string };
  readonly owner: { readonly label: string };
  readonly next_update_by: string;
  readonly emergency?: { readonly number: string; readonly advice: string };
}

/** A report of ours as this phone remembers it. */
export interface Mine extends Acknowledgement {
  readonly clientId: string;
  readonly kind: Draft["kind"];
  /** The first words, to tell reports apart; empty in discreet mode. */
  readonly title: string;
}

/** The phone is full, or the browser keeps nothing: the report was not kept, and the person must be told. */
export class NotKept extends Error {}

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 5 * 60_000;
const SEND_WITHIN_MS = 30_000;
const URGENT_PHOTO_MS = 5_000;
const AGAIN = new Set([408, 425, 429]);

/** What waits, the newest first; changes as things are sent. */
export const waiting = signal<readonly Waiting[]>([]);
/** Counts up whenever a report was acknowledged, so that lists look again. */
export const acknowledged = signal(0);

const channel = typeof indexedDB === "undefined" ? undefined : new BroadcastChannel("linli-outbox");
channel?.addEventListener("message", () => void look());

/** Look again at what waits. */
export async function look(): Promise<void> {
  try {
    const rows = await (await database()).getAll("outbox");
    waiting.value = rows.sort((one, other) => other.createdAt - one.createdAt);
  } catch {
    waiting.value = [];
  }
}

async function changed(): Promise<void> {
  channel?.postMessage("changed");
  await look();
}

/** An id for a report or a photo. */
export function freshId(): string {
  return crypto.randomUUID();
}

/**
 * Keep a report until it is sent, and begin to send it. Rejects with NotKept, and then nothing was kept.
 *
 * `id`: that of a report which is mended, so that it stays one.
 */
export async function put(
  draft: Draft,
  options: { server: ServerKey; photos?: readonly Blob[]; id?: string },
): Promise<string> {
  const id = options.id ?? freshId();
  const photos = await sealPhotos(options.photos ?? [], id, options.server);
  const report = { ...draft, client_id: id };
  const envelope = await sealTo(options.server, new TextEncoder().encode(JSON.stringify(report)), id);
  const row: Waiting = {
    id, envelope, kind: draft.kind, urgent: draft.kind === "distress" || draft.danger_now === true,
    createdAt: Date.now(), state: "waiting", attempts: 0, nextAt: 0, photoIds: photos.map((photo) => photo.id),
  };
  try {
    const db = await database();
    const change = db.transaction(["outbox", "photos"], "readwrite", { durability: "strict" });
    for (const photo of photos) await change.objectStore("photos").put(photo);
    await change.objectStore("outbox").put(row);
    await change.done;
  } catch (error) {
    throw new NotKept(String(error));
  }
  await changed();
  void askForSync();
  return id;
}

/** Photos sealed to the server, each under an id of its own, to wait for what has the id `of`. */
export async function sealPhotos(photos: readonly Blob[], of: string, server: ServerKey): Promise<readonly WaitingPhoto[]> {
  const sealed: WaitingPhoto[] = [];
  for (const photo of photos) {
    const id = freshId();
    const bytes = new Uint8Array(await photo.arrayBuffer());
    sealed.push({ id, reportId: of, envelope: await sealTo(server, bytes, id) });
  }
  return sealed;
}

/** Drop a report that waits, with its photos: because the person wants it. */
export async function drop(id: string): Promise<void> {
  const db = await database();
  const change = db.transaction(["outbox", "photos"], "readwrite");
  await change.objectStore("outbox").delete(id);
  for (const key of await change.objectStore("photos").index("report").getAllKeys(id)) {
    await change.objectStore("photos").delete(key);
  }
  await change.done;
  await changed();
}

/** Let everything that waits be tried at once: the person asks for it, or the network came back. */
export async function hurry(): Promise<void> {
  const db = await database();
  const change = db.transaction("outbox", "readwrite");
  for await (const cursor of change.store) {
    if (cursor.value.state === "waiting" && cursor.value.nextAt > 0) await cursor.update({ ...cursor.value, nextAt: 0 });
  }
  await change.done;
}

/**
 * Send what waits, one at a time, an SOS first; only one tab or worker sends at a time. Resolves with when to look
 * again in milliseconds, or undefined when nothing waits any more.
 */
export async function flush(): Promise<number | undefined> {
  if (typeof navigator !== "undefined" && navigator.locks) {
    return navigator.locks.request("linli-outbox", flushAlone);
  }
  return flushAlone();
}

async function flushAlone(): Promise<number | undefined> {
  const db = await database();
  for (;;) {
    const rows = (await db.getAll("outbox")).filter((row) => row.state === "waiting");
    const now = Date.now();
    // A clock that was set back must not hold a report for ever: a wait longer than any of ours is over.
    const due = rows.filter((row) => row.nextAt <= now || row.nextAt > now + LONGEST_WAIT_MS);
    const next = due.sort(byUrgency)[0];
    if (!next) {
      return rows.length ? Math.max(0, Math.min(...rows.map((row) => row.nextAt)) - now) : undefined;
    }
    await sendOne(next);
    await changed();
  }
}

function byUrgency(one: Waiting, other: Waiting): number {
  return Number(other.urgent) - Number(one.urgent) || one.createdAt - other.createdAt;
}

async function sendOne(row: Waiting): Promise<void> {
  let answer: Response;
  let told: Acknowledgement | undefined;
  try {
    const photoIds = await sendPhotos(row);
    answer = await post("/api/v1/sealed-reports", { client_id: row.id, envelope: row.envelope, photo_ids: photoIds });
    told = answer.ok ? ((await answer.json()) as Acknowledgement) : undefined;
  } catch {
    return postpone(row);
  }
  if (told) return keep(row, told);
  if (answer.status >= 500 || AGAIN.has(answer.status)) return postpone(row, answer.headers.get("Retry-After"));
  const problem = await problemOf(answer);
  await change({ ...row, state: "attention", problem });
}

/** Send the photos of a report; the ids of those that it names. A photo that the server cannot read is left out. */
async function sendPhotos(row: Waiting): Promise<readonly string[]> {
  const db = await database();
  const sent = new Set(row.photoIds);
  for (const photo of await db.getAllFromIndex("photos", "report", row.id)) {
    const came = await sendPhoto(photo, row.urgent ? URGENT_PHOTO_MS : SEND_WITHIN_MS);
    if (came === "later" && !row.urgent) throw new Error("again");
    // An SOS does not wait for its photos: it goes without.
    if (came !== "sent") sent.delete(photo.id);
  }
  if (sent.size === row.photoIds.length) return row.photoIds;
  row.photoIds = row.photoIds.filter((id) => sent.has(id));
  await db.put("outbox", row);
  return row.photoIds;
}

/** Send a photo that waits; sent twice it is kept once. `refused`: the server cannot read it. Never rejects. */
export async function sendPhoto(photo: WaitingPhoto, within = SEND_WITHIN_MS): Promise<"sent" | "refused" | "later"> {
  const answer = await post("/api/v1/sealed-photos", { id: photo.id, envelope: photo.envelope }, within).catch(() => undefined);
  if (answer?.ok) return "sent";
  return !answer || answer.status >= 500 || AGAIN.has(answer.status) ? "later" : "refused";
}

async function post(path: string, body: unknown, within = SEND_WITHIN_MS): Promise<Response> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    credentials: "omit",
    cache: "no-store",
    signal: AbortSignal.timeout(within),
  });
  hearTime(answer);
  return answer;
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    return { ...((await answer.json()) as Problem), status: answer.status };
  } catch {
    return { status: answer.status, code: "refused", title: answer.statusText };
  }
}

async function postpone(row: Waiting, retryAfter?: string | null): Promise<void> {
  const attempts = row.attempts + 1;
  const told = Number(retryAfter) * 1000;
  const own = FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 8);
  const wait = Math.min(LONGEST_WAIT_MS, Math.max(told > 0 ? told : 0, row.urgent ? Math.min(own, 10_000) : own));
  await change({ ...row, attempts, nextAt: Date.now() + wait });
}

/** Write a row that is still there: what the person dropped meanwhile does not come back. */
async function change(row: Waiting): Promise<void> {
  const writing = (await database()).transaction("outbox", "readwrite");
  if (await writing.store.get(row.id)) await writing.store.put(row);
  await writing.done;
}

/** In one change: the receipt is kept, and the report waits no longer. */
async function keep(row: Waiting, told: Acknowledgement): Promise<void> {
  const mine: Mine = { ...told, clientId: row.id, kind: row.kind, title: "" };
  const kept: Kept = { id: row.id, at: row.createdAt, sealed: await seal(mine, `receipt:${row.id}`) };
  const db = await database();
  const change = db.transaction(["outbox", "photos", "receipts"], "readwrite", { durability: "strict" });
  await change.objectStore("receipts").put(kept);
  await change.objectStore("outbox").delete(row.id);
  for (const key of await change.objectStore("photos").index("report").getAllKeys(row.id)) {
    await change.objectStore("photos").delete(key);
  }
  await change.done;
  acknowledged.value += 1;
  channel?.postMessage("acknowledged");
}

/** Ask the browser to wake the service worker when there is a network; where it cannot, the page itself tries. */
async function askForSync(): Promise<void> {
  if (typeof navigator === "undefined" || !("serviceWorker" in navigator)) return;
  const registration = await navigator.serviceWorker.getRegistration();
  const sync = (registration as unknown as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync;
  await sync?.register("linli-outbox").catch(() => undefined);
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Send what waits now, and go on by itself while something does. Never rejects. */
export async function goOn(): Promise<void> {
  clearTimeout(timer);
  const wait = await flush().catch(() => LONGEST_WAIT_MS);
  if (wait !== undefined) timer = setTimeout(() => void goOn(), Math.max(500, wait));
}

/** Send at the start, when the network comes back and when the page is looked at again. */
export function keepSending(): void {
  const again = (): void => void hurry().catch(() => undefined).then(goOn);
  window.addEventListener("online", again);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") again();
  });
  void look().then(again);
}
