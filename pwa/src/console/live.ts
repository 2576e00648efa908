/**
 * The live stream: what happens to the incidents that the person may see, as it is committed. After a break it goes on
 * behind the last event that was heard, so nothing is missing; what is sent again is let go by, so nothing is doubled.
 */

import { signal } from "@preact/signals";

import { api } from "./api";
import { config } from "./config";
import { language, tagOf } from "./i18n";

/** One event of the journal; docs/events.md says what each type means. */
export interface LiveEvent {
  readonly incident_id: string;
  readonly stream_seq: number;
  readonly type: string;
  readonly at: string;
  readonly actor: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What a screen wants to hear. `onReset`: the line begins here and not behind what was shown, so load it anew. */
export interface Listener {
  readonly onEvents?: (events: readonly LiveEvent[]) => void;
  readonly onReset?: () => void;
}

export type LiveState = "connecting" | "live" | "lost";

/** How the line stands: "lost" from the moment it breaks until it is back. */
export const liveState = signal<LiveState>("connecting");

const PATH = "/api/v1/stream";
/** The server says something every 15 s; one that says nothing for longer is gone. */
const QUIET_MS = 40_000;
const FIRST_WAIT_MS = 1_000;
/** Nobody waits longer than this for a server that is back; two thousand then come within twenty seconds, not at once. */
const LONGEST_WAIT_MS = 15_000;

const listeners = new Set<Listener>();
let last = "";
let wait = FIRST_WAIT_MS;
let timer: ReturnType<typeof setTimeout> | undefined;
let call: AbortController | undefined;
let isOn = false;

/** Hear what happens from now on; returns how to stop. */
export function subscribe(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Open the line, for as long as somebody is signed in. */
export function openLine(): void {
  if (isOn) return;
  isOn = true;
  window.addEventListener("online", hurry);
  void begin();
}

/** Close the line and forget what was heard. */
export function closeLine(): void {
  isOn = false;
  window.removeEventListener("online", hurry);
  clearTimeout(timer);
  call?.abort();
  last = "";
}

function hurry(): void {
  wait = FIRST_WAIT_MS;
  if (!call) void begin();
}

async function begin(): Promise<void> {
  clearTimeout(timer);
  if (!isOn || call) return;
  call = new AbortController();
  const status = await hear(call);
  call = undefined;
  if (!isOn) return;
  liveState.value = "lost";
  if (status === 400) reset();
  // A session that ended is asked for by the page's own call, which then waits for the person.
  if (status === 401) await api.GET("/api/v1/me").catch(() => undefined);
  timer = setTimeout(() => void begin(), wait * (0.75 + Math.random() / 2));
  wait = Math.min(LONGEST_WAIT_MS, wait * 2);
}

function reset(): void {
  last = "";
  for (const listener of listeners) listener.onReset?.();
}

/** Where the stream is: at a port of its own, or under the page's own address. */
export function addressOf(stream: { readonly port: number | null } | undefined, page: Pick<Location, "protocol" | "hostname"> = location): string {
  return stream?.port ? `${page.protocol}//${page.hostname}:${stream.port}${PATH}` : PATH;
}

/** Listen until the line breaks; the status of an answer that was no stream. Never rejects. */
async function hear(during: AbortController): Promise<number | undefined> {
  let watchdog = setTimeout(() => during.abort(), QUIET_MS);
  try {
    const headers: Record<string, string> = { Accept: "text/event-stream", "Accept-Language": tagOf(language.value) };
    if (last) headers["Last-Event-ID"] = last;
    const answer = await fetch(addressOf(config.value?.stream), { headers, credentials: "include", cache: "no-store", signal: during.signal });
    const isStream = answer.headers.get("Content-Type")?.startsWith("text/event-stream");
    if (!answer.ok || !answer.body || !isStream) return answer.status;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const parser = new Parser();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return undefined;
      clearTimeout(watchdog);
      watchdog = setTimeout(() => during.abort(), QUIET_MS);
      liveState.value = "live";
      wait = FIRST_WAIT_MS;
      take(parser.read(value));
    }
  } catch {
    return undefined;
  } finally {
    clearTimeout(watchdog);
  }
}

function take(messages: readonly Message[]): void {
  const fresh: LiveEvent[] = [];
  for (const message of messages) {
    if (message.event === "reset") reset();
    if (message.id && !isNewer(message.id, last)) continue;
    // What happened between a screen's first answer and the first word of the line was heard by neither.
    if (message.id && !last) reset();
    if (message.id) last = message.id;
    if (message.data && message.event === "message") fresh.push(JSON.parse(message.data) as LiveEvent);
  }
  if (fresh.length > 0) for (const listener of listeners) listener.onEvents?.(fresh);
}

/** Whether an event id is newer than another: by (transaction, number). */
export function isNewer(id: string, other: string): boolean {
  if (!other) return true;
  const [xid = 0n, seq = 0n] = id.split(".").map(BigInt);
  const [lastXid = 0n, lastSeq = 0n] = other.split(".").map(BigInt);
  return xid > lastXid || (xid === lastXid && seq > lastSeq);
}

export interface Message {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events from pieces that end anywhere. */
export class Parser {
  private rest = "";

  /** The messages that are whole now. */
  read(piece: string): readonly Message[] {
    const parts = (this.rest + piece).split(/\r?\n\r?\n/);
    this.rest = parts.pop() ?? "";
    return parts.map(messageOf);
  }
}

function messageOf(block: string): Message {
  const found: Record<string, string[]> = {};
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) (found[line.slice(0, colon)] ??= []).push(line.slice(colon + 1).replace(/^ /, ""));
  }
  return { id: found["id"]?.[0] ?? "", event: found["event"]?.[0] ?? "message", data: found["data"]?.join("\n") ?? "" };
}
