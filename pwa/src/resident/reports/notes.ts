/**
 * Messages about a report: written on this phone first, sealed, then sent, each once.
 *
 * The id of a message is its idempotency key. It is removed when the server has acknowledged it; without a network, and
 * at 5xx, 408, 412, 425 and 429, it waits; any other refusal needs the person's attention.
 */

import { signal } from "@preact/signals";

import type { ServerKey } from "../../outbox/envelope";
import { freshId, type Mine, type Problem, sealPhotos, sendPhoto } from "../../outbox/outbox";
import { type Database, database, type Sealed } from "../../shared/db";
import { open, seal } from "../../shared/vault";
import type { Answer } from "./answer";

/** A message that waits. */
export interface Note {
  readonly id: string;
  /** The phone's own id of the report. */
  readonly reportId: string;
  readonly text: string;
  /** The ids of its photos, which wait sealed to the server; fixed before it is first sent. */
  readonly photoIds?: readonly string[];
  readonly at: number;
  /** When it was first tried; from then on the server may have it although no answer came. */
  readonly triedAt?: number;
  readonly problem?: Problem;
}

interface KeptNote extends Note {
  readonly receipt: string;
}

const PREFIX = "note:";
const AGAIN = new Set([408, 412, 425, 429]);
const WITHIN_MS = 20_000;
/** The server remembers a key for two days; a message tried longer ago is looked for before it is sent again. */
const KEY_HOLDS_MS = 40 * 3_600_000;

/** The messages that wait, the oldest first. */
export const notes = signal<readonly Note[]>([]);

async function allKept(): Promise<readonly KeptNote[]> {
  const range = IDBKeyRange.bound(PREFIX, `${PREFIX}\uffff`);
  const db = await database();
  const [names, values] = await Promise.all([db.getAllKeys("values", range), db.getAll("values", range)]);
  const opened = await Promise.all(values.map((value, at) => open<KeptNote>(value as Sealed, names[at] as string).catch(() => undefined)));
  return opened.filter((one) => one !== undefined).sort((one, other) => one.at - other.at);
}

/** Look again at what waits. */
export async function lookAtNotes(): Promise<void> {
  notes.value = await allKept().catch(() => []);
}

/** Photos to go with a message, and the key to seal them to. */
export interface Enclosed {
  readonly photos: readonly Blob[];
  readonly server: ServerKey;
}

/** Write a message down; with `isChange` only while it is still there, for the person may have dropped it meanwhile. */
async function keep(note: KeptNote, isChange = false): Promise<void> {
  const name = PREFIX + note.id;
  const sealed = await seal(note, name);
  const change = (await database()).transaction("values", "readwrite");
  if (!isChange || (await change.store.getKey(name)) !== undefined) await change.store.put(sealed, name);
  await change.done;
}

/** Keep a message until it is sent. Rejects when this phone keeps nothing; then nothing of it is kept. */
export async function keepNote(mine: Mine, text: string, enclosed?: Enclosed, at: number = Date.now()): Promise<string> {
  const id = freshId();
  const photos = enclosed ? await sealPhotos(enclosed.photos, id, enclosed.server) : [];
  const photoIds = photos.map((photo) => photo.id);
  const note: KeptNote = { id, reportId: mine.clientId, receipt: mine.receipt, text, at, ...(photoIds.length && { photoIds }) };
  const name = PREFIX + id;
  const sealed = await seal(note, name);
  const change = (await database()).transaction(["values", "photos"], "readwrite", { durability: "strict" });
  for (const photo of photos) await change.objectStore("photos").put(photo);
  await change.objectStore("values").put(sealed, name);
  await change.done;
  await lookAtNotes();
  return id;
}

/** Drop a message that waits, with its photos: because the person wants it, or the server has it. */
export async function dropNote(id: string): Promise<void> {
  await remove(await database(), id);
  await lookAtNotes();
}

async function remove(db: Database, id: string): Promise<void> {
  const change = db.transaction(["values", "photos"], "readwrite");
  await change.objectStore("values").delete(PREFIX + id);
  for (const key of await change.objectStore("photos").index("report").getAllKeys(id)) await change.objectStore("photos").delete(key);
  await change.done;
}

/** Drop every message that waits for a report. */
export async function dropNotesOf(reportId: string): Promise<void> {
  for (const note of await allKept()) if (note.reportId === reportId) await dropNote(note.id);
}

/** Let a refused message be tried once more. */
export async function tryAgain(id: string): Promise<void> {
  const found = (await allKept()).find((note) => note.id === id);
  if (!found) return;
  const { problem: _, ...clean } = found;
  await keep(clean, true);
  await lookAtNotes();
}

/** Send what waits, in the order in which it was written; one tab at a time. Resolves with how many were sent. */
export async function sendNotes(): Promise<number> {
  if (typeof navigator !== "undefined" && navigator.locks) return navigator.locks.request("linli-notes", sendAlone);
  return sendAlone();
}

async function sendAlone(): Promise<number> {
  let sent = 0;
  for (const note of await allKept()) {
    if (note.problem) continue;
    const came = await sendOne(note);
    if (came === "later") break;
    if (came === "sent") sent += 1;
  }
  await lookAtNotes();
  return sent;
}

async function sendOne(note: KeptNote): Promise<"sent" | "later" | "refused"> {
  const tried = { ...note, triedAt: note.triedAt ?? Date.now() };
  try {
    if (Date.now() - tried.triedAt > KEY_HOLDS_MS && (await isThere(tried))) return await gone(note);
    const photoIds = await sentPhotos(tried);
    if (photoIds === "later") return "later";
    if (!note.text && photoIds.length === 0) return await refused(tried, UNREADABLE);
    const sent: KeptNote = { ...tried, ...(note.photoIds && { photoIds }) };
    if (!note.triedAt || photoIds.length !== (note.photoIds ?? []).length) await keep(sent, true);
    const answer = await call(note, "/api/v1/receipt/messages", bodyOf(sent));
    const problem = answer.ok ? undefined : await problemOf(answer);
    if (!problem || problem.code === "already-done") return await gone(note);
    if (problem.status >= 500 || AGAIN.has(problem.status)) return "later";
    return await refused(sent, problem);
  } catch {
    return "later";
  }
}

/** No picture of it can be used: the person is told, and the message can be thrown away. */
export const NO_PHOTO = "no-photo";
const UNREADABLE: Problem = { status: 422, code: NO_PHOTO, title: "" };

async function refused(note: KeptNote, problem: Problem): Promise<"refused"> {
  await keep({ ...note, problem }, true);
  return "refused";
}

/** A message as the server takes it: words, photos, or both. */
export function bodyOf({ text, photoIds = [] }: Pick<Note, "text" | "photoIds">): object {
  return { ...(text && { text }), ...(photoIds.length > 0 && { photo_ids: photoIds }) };
}

/** Send the photos of a message; those that the server took. One that it cannot read is left out. */
async function sentPhotos(note: Note): Promise<readonly string[] | "later"> {
  if (!note.photoIds?.length) return [];
  const sent = new Set(note.photoIds);
  for (const photo of await (await database()).getAllFromIndex("photos", "report", note.id)) {
    const came = await sendPhoto(photo);
    if (came === "later") return "later";
    if (came === "refused") sent.delete(photo.id);
  }
  return note.photoIds.filter((id) => sent.has(id));
}

async function gone(note: KeptNote): Promise<"sent"> {
  await remove(await database(), note.id);
  return "sent";
}

/** Whether the thread has the words since they were first tried. A day is left for clocks that differ. */
async function isThere(note: KeptNote & { triedAt: number }): Promise<boolean> {
  if (!note.text) return false;
  const answer = await call(note, "/api/v1/receipt");
  if (!answer.ok) throw new Error("later");
  const { messages } = (await answer.json()) as Answer;
  const since = note.triedAt - 86_400_000;
  return messages.some((one) => one.from === "me" && one.words === note.text && Date.parse(one.at) > since);
}

function call(note: KeptNote, path: string, body?: unknown): Promise<Response> {
  return fetch(path, {
    headers: { Authorization: `Receipt ${note.receipt}`, "Content-Type": "application/json", "Idempotency-Key": note.id },
    credentials: "omit",
    cache: "no-store",
    signal: AbortSignal.timeout(WITHIN_MS),
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
}

async function problemOf(answer: Response): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as Partial<Problem>;
  return { code: "refused", title: answer.statusText, ...said, status: answer.status };
}
