/**
 * The alarm of this phone: counted down, sent first and asked about later, ended by its person and never by silence.
 *
 * It goes out on two roads at once, under one id, so that the server takes it once: straight to the server, and
 * through the outbox, which goes on when this page is gone.
 */

import { signal } from "@preact/signals";

import { type Acknowledgement, type Draft, freshId, goOn, put, type Problem } from "../../outbox/outbox";
import { config } from "../../shared/config";
import { read, type Sealed, write } from "../../shared/db";
import { language, tagOf } from "../../shared/i18n";
import { open, seal } from "../../shared/vault";
import type { Codes } from "../safety/codes";
import { contactOfMine, safeContact, sosCodes } from "../safety/kept";
import { call, isLater } from "./call";
import { asPlace, asShared, type Share } from "./positions";
import { fix, stopWatching, watchPlace } from "./watch";

/** How long it can be stopped before anything is sent (ux.md, Numbers). */
export const CANCEL_MS = 5_000;
/** So long does the server take positions (backend/intake/thread.py). */
export const SHARED_MS = 4 * 3_600_000;

/** Where it stands. `stopped`: before anything was sent, without a code; `ended`: by its person; `over`: by the desk. */
export type Phase = "ready" | "counting" | "on" | "stopped" | "ended" | "over";

/** An alarm as it is kept, sealed, until it is ended. */
export interface Alarm {
  readonly id: string;
  readonly at: number;
  readonly isCounting: boolean;
  readonly draft: Draft;
  readonly share: Share;
  readonly told?: Acknowledgement;
}

export const phase = signal<Phase>("ready");
export const alarm = signal<Alarm | undefined>(undefined);
/** Whole seconds left of the countdown. */
export const left = signal(CANCEL_MS / 1000);
/** How often it was tried without an answer, what was refused, and whether it goes on when this page is closed. */
export const tries = signal(0);
export const refusal = signal<Problem | undefined>(undefined);
export const isKept = signal(true);
/** Chosen before the press: how exactly the place is told, and whether the phone keeps still and dark. */
export const share = signal<Share>("exact");
export const silent = signal(false);
/** The codes as they are set now; an alarm that went out has its own. */
export const codes = signal<Codes | undefined>(undefined);

const KEPT = "sos-active";
const SILENT = "sos-silent";
let own: Pick<Draft, "safe_contact" | "contact"> = {};
let ticking: ReturnType<typeof setInterval> | undefined;
/** When the countdown began, by a clock that nobody can set: one that is set back must not hold the alarm. */
let counted = 0;
let again: ReturnType<typeof setTimeout> | undefined;
let writing: Promise<void> = Promise.resolve();

/** Read what the person has set, and come back to an alarm that was on when the page was closed. Never rejects. */
export async function prepare(): Promise<void> {
  await writing;
  const kept = await read<{ sealed: Sealed }>(KEPT).catch(() => undefined);
  codes.value = await sosCodes().catch(() => undefined);
  const [way, contact] = await Promise.all([safeContact(), contactOfMine()]).catch(() => []);
  own = { ...(way && { safe_contact: way }), ...(contact && { contact }) };
  silent.value ||= (await read<boolean>(SILENT).catch(() => false)) === true;
  if (!kept || alarm.value || phase.value === "counting") return;
  const found = await open<Alarm>(kept.sealed, KEPT).catch(() => undefined);
  if (found) comeBack(found);
}

function comeBack(found: Alarm): void {
  alarm.value = found;
  share.value = found.share;
  phase.value = found.isCounting ? "counting" : "on";
  if (found.share !== "none") watchPlace();
  // The page was closed during the countdown: that is silence, and silence never cancels.
  if (found.isCounting) send();
  else if (!found.told) deliver(found);
}

/** Be silent from now on, or no longer. */
export function keepSilent(yes: boolean): void {
  silent.value = yes;
  void write(SILENT, yes || undefined).catch(() => undefined);
}

/** Shake the phone, where it can and may. */
export function buzz(pattern: number | number[]): void {
  if (!silent.value) navigator.vibrate?.(pattern);
}

/** The person pressed: count down. Nothing is sent yet. */
export function begin(): void {
  if (phase.value === "counting" || phase.value === "on") return;
  alarm.value = { id: freshId(), at: Date.now(), isCounting: true, draft: drafted(), share: share.value };
  phase.value = "counting";
  left.value = CANCEL_MS / 1000;
  counted = performance.now();
  if (share.value !== "none") watchPlace();
  ticking = setInterval(tick, 200);
  document.addEventListener("visibilitychange", tick);
  buzz(200);
  record();
}

function tick(): void {
  left.value = Math.max(0, Math.ceil((counted + CANCEL_MS - performance.now()) / 1000));
  // A page out of sight may be stopped at any moment: what would go in a second goes now.
  if (left.value === 0 || document.visibilityState === "hidden") send();
}

/** What is sent, as it would be now. */
export function drafted(): Draft {
  const known = asShared(fix.value, share.value);
  return {
    kind: "distress", danger_now: true, language: tagOf(language.value), ...own,
    ...(known && { place: asPlace(known) }), ...(codes.value && { codes: codes.value }),
  };
}

/** The countdown is over: send at once, with the place that is known by now. */
export function send(): void {
  const one = alarm.value;
  if (!one || phase.value !== "counting") return;
  endCountdown();
  const sent: Alarm = { ...one, isCounting: false, draft: drafted() };
  alarm.value = sent;
  phase.value = "on";
  buzz([100, 60, 100]);
  deliver(sent);
  record();
}

function endCountdown(): void {
  clearInterval(ticking);
  document.removeEventListener("visibilitychange", tick);
}

function deliver(one: Alarm): void {
  tries.value = 0;
  void straight(one);
  void throughOutbox(one);
  window.addEventListener("online", hurry);
}

async function throughOutbox(one: Alarm): Promise<void> {
  const server = config.value.keys.envelope;
  isKept.value = server !== undefined;
  if (!server) return;
  try {
    await put(one.draft, { server, id: one.id });
    void goOn();
  } catch {
    isKept.value = false;
  }
}

async function straight(one: Alarm): Promise<void> {
  clearTimeout(again);
  let answer = await call<Acknowledgement>("/api/v1/reports", { body: { ...one.draft, client_id: one.id } });
  // Something in it was refused: help is asked for without it.
  if (answer.is === "problem" && !isLater(answer)) {
    answer = await call<Acknowledgement>("/api/v1/reports", { body: { ...bare(one.draft), client_id: one.id } });
  }
  if (alarm.value?.id !== one.id || alarm.value.told) return;
  if (answer.is === "data") return acknowledge(alarm.value, answer.data);
  tries.value += 1;
  refusal.value = answer.is === "problem" && !isLater(answer) ? answer.problem : undefined;
  again = setTimeout(() => void straight(one), Math.min(10_000, 1000 * 2 ** tries.value));
}

function bare(draft: Draft): Draft {
  const { kind, danger_now, language: tag, codes: set } = draft;
  return { kind, danger_now: danger_now ?? true, ...(tag && { language: tag }), ...(set && { codes: set }) };
}

/** Try again now: the network came back, or the person asks for it. */
export function hurry(): void {
  if (alarm.value && !alarm.value.told && phase.value === "on") void straight(alarm.value);
}

/** The server has it. */
export function acknowledge(one: Alarm, told: Acknowledgement): void {
  alarm.value = { ...one, told };
  refusal.value = undefined;
  clearTimeout(again);
  buzz([60, 60, 60, 60, 200]);
  record();
}

/** The alarm is no longer on; `over` when the desk has closed it. */
export function finish(how: "stopped" | "ended" | "over"): void {
  endCountdown();
  clearTimeout(again);
  window.removeEventListener("online", hurry);
  stopWatching();
  alarm.value = undefined;
  phase.value = how;
  record();
}

/** From the words after the end back to the beginning. */
export function beginAnew(): void {
  if (phase.value !== "counting" && phase.value !== "on") phase.value = "ready";
}

/** Change the alarm that is on, and keep it so. */
export function change(what: Partial<Alarm>): void {
  if (alarm.value) alarm.value = { ...alarm.value, ...what };
  record();
}

/** Keep the alarm as it stands, one writing after the other. */
function record(): void {
  writing = writing.then(async () => {
    const one = alarm.value;
    await write(KEPT, one && { id: one.id, sealed: await seal(one, KEPT) });
  }).catch(() => undefined);
}
