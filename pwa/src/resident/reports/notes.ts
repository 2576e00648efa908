/**
 * Messages about a report: written on this phone first, sealed, then sent, each once.
 *
 * The id of a message is its idempotency key. It is removed when the server has acknowledged it; without a network, and
 * at 5xx, 408, 412, 425 and 429, it waits; any other refusal needs the person's attention.
 */

import { signal } from "@preact/signals";

import { freshId, type Mine, type Problem } from "../../outbox/outbox";
import { database, type Sealed } from "../../shared/db";
import { open, seal } from "../../shared/vault";
import type { Answer } from "./answer";

/** A message that waits. */
export interface Note {
  readonly id: string;
  /** The phone's own id of the report. */
  readonly reportId: string;
  readonly text: string;
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

/** Write a message down; with `isChange` only while it is still there, for the person may have dropped it meanwhile. */
async function keep(note: KeptNote, isChange = false): Promise<void> {
  const name = PREFIX + note.id;
  const sealed = await seal(note, name);
  const change = (await database()).transaction("values", "readwrite");
  if (!isChange || (await change.store.getKey(name)) !== undefined) await change.store.put(sealed, name);
  await change.done;
}

/** Keep a message until it is sent. Rejects when this phone keeps nothing. */
export async function keepNote(mine: Mine, text: string, at: number = Date.now()): Promise<string> {
  const id = freshId();
  await keep({ id, reportId: mine.clientId, receipt: mine.receipt, text, at });
  await lookAtNotes();
  return id;
}

/** Drop a message that waits: because the person wants it, or the server has it. */
export async function dropNote(id: string): Promise<void> {
  await (await database()).delete("values", PREFIX + id);
  await lookAtNotes();
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
    if (!note.triedAt) await keep(tried, true);
    const answer = await call(note, "/api/v1/receipt/messages", { text: note.text });
    const problem = answer.ok ? undefined : await problemOf(answer);
    if (!problem || problem.code === "already-done") return await gone(note);
    if (problem.status >= 500 || AGAIN.has(problem.status)) return "later";
    await keep({ ...tried, problem }, true);
    return "refused";
  } catch {
    return "later";
  }
}

async function gone(note: KeptNote): Promise<"sent"> {
  await (await database()).delete("values", PREFIX + note.id);
  return "sent";
}

/** Whether the thread has the words since they were first tried. A day is left for clocks that differ. */
async function isThere(note: KeptNote & { triedAt: number }): Promise<boolean> {
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
