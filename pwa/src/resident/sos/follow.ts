/** What the server says of an alarm that is on, and the place that is shared with it. */

import { effect, signal } from "@preact/signals";

import { acknowledged, type Acknowledgement, drop } from "../../outbox/outbox";
import { oneOfMine, remember } from "../../outbox/mine";
import { byPhone, isPast } from "../../shared/clock";
import { acknowledge, alarm, change, finish, share, SHARED_MS } from "./alarm";
import { type Line, listen } from "../reports/live";
import { call, type Thread } from "./call";
import { asPlace, asShared, type Fix, type Share } from "./positions";
import { failed, fix, found, HOW, stopWatching, watchPlace } from "./watch";
import { AGAIN_MS, isWorthSending } from "./worth";

const SOON_MS = 5_000;
const SELDOM_MS = 30_000;

/** What the server said last, when, and whether it answers now. */
export const thread = signal<Thread | undefined>(undefined);
export const heardAt = signal(0);
export const isCutOff = signal(false);
/** The place that was taken last, and when by a clock that nobody can set. */
export const shared = signal<{ readonly fix: Fix; readonly at: number } | undefined>(undefined);
/** Counts on, so that ages are said anew. */
export const clock = signal(0);

let following: string | undefined;
let asking: ReturnType<typeof setTimeout> | undefined;
let isSharing = false;
let line: Line | undefined;

/** Until when the place is shared, as this phone's clock shows it. */
export function sharedUntil(): number {
  const one = alarm.value;
  if (!one) return 0;
  return (one.told ? byPhone(Date.parse(one.told.received_at)) : one.at) + SHARED_MS;
}

/** Whether the place is no longer shared: by the server's clock, for this phone's may be a year ahead. */
export function isSharedNoMore(): boolean {
  const told = alarm.value?.told;
  return told !== undefined && isPast(Date.parse(told.received_at) + SHARED_MS);
}

/** Follow the alarm that is on until it is not; asking again while following does nothing. */
export function follow(): void {
  const one = alarm.value;
  if (!one || following === one.id) return;
  following = one.id;
  thread.value = shared.value = undefined;
  const stopSharing = effect(() => void sharePlace(fix.value, alarm.value?.told?.receipt));
  const beat = setInterval(() => void onBeat(), SOON_MS);
  document.addEventListener("visibilitychange", lookNow);
  let hasAsked = false;
  const stop = effect(() => {
    const now = alarm.value;
    if (now?.id === one.id) {
      if (!now.told) void hearFromOutbox(acknowledged.value, one.id);
      else if (!hasAsked) hasAsked = (hearLive(now.told.receipt), void look(), void settle(one.id, now.told).catch(() => undefined), true);
      return;
    }
    following = undefined;
    line?.end();
    line = undefined;
    clearInterval(beat);
    clearTimeout(asking);
    document.removeEventListener("visibilitychange", lookNow);
    queueMicrotask(() => (stopSharing(), stop()));
  });
}

/** The outbox may be the first to hear from the server, in the service worker or in another tab. */
async function hearFromOutbox(times: number, id: string): Promise<void> {
  const mine = times > 0 ? await oneOfMine(id).catch(() => undefined) : undefined;
  const one = alarm.value;
  if (mine && one?.id === id && !one.told) acknowledge(one, mine);
}

/** It is one of my reports now, and waits no longer. */
async function settle(id: string, told: Acknowledgement): Promise<void> {
  await remember({ ...told, clientId: id, kind: "distress", title: "" });
  await drop(id);
  acknowledged.value += 1;
}

/** Share the place more or less exactly, or no longer. */
export function shareAs(how: Share): void {
  share.value = how;
  if (how === "none") stopWatching();
  else watchPlace();
  change({ share: how });
}

/** What happens is said at once where the server's stream comes through. */
function hearLive(receipt: string): void {
  line ??= listen(receipt, () => void look());
}

function lookNow(): void {
  if (document.visibilityState === "visible") void look();
}

async function look(): Promise<void> {
  clearTimeout(asking);
  const receipt = alarm.value?.told?.receipt;
  if (!receipt) return;
  const said = await call<Thread>("/api/v1/receipt", { receipt });
  if (alarm.value?.told?.receipt !== receipt) return;
  if (said.is === "data") hear(said.data);
  else isCutOff.value = true;
  asking = setTimeout(() => void look(), document.visibilityState === "hidden" || isCovered() ? SELDOM_MS : SOON_MS);
}

/** Whether the server rings for all that is still to come. It does not for the first hand-over, so until then we ask. */
function isCovered(): boolean {
  const isTold = thread.value?.deliveries?.some((one) => one["what"] === "told" && one["at"]);
  return line?.isLive() === true && isTold === true;
}

/** Take what the server said. What is closed or taken back is over. */
export function hear(said: Thread): void {
  thread.value = said;
  heardAt.value = Date.now();
  isCutOff.value = false;
  if (said.status === "closed" || said.status === "withdrawn") finish("over");
}

async function onBeat(): Promise<void> {
  clock.value += 1;
  const one = alarm.value;
  if (!one || one.share === "none") return;
  if (isSharedNoMore()) return shareAs("none");
  watchPlace();
  // A phone that lies still tells nothing by itself. A fix may take a while: not every beat asks for one.
  const isOld = shared.value !== undefined && performance.now() - shared.value.at >= AGAIN_MS;
  if (isOld && clock.value % 4 === 0) navigator.geolocation?.getCurrentPosition(found, failed, { ...HOW, maximumAge: 0 });
}

async function sharePlace(known: Fix | undefined, receipt: string | undefined): Promise<void> {
  const told = asShared(known, alarm.peek()?.share ?? "none");
  const last = shared.peek();
  if (!told || !receipt || isSharing || !isWorthSending(told, last?.fix, last?.at ?? 0, performance.now())) return;
  isSharing = true;
  const said = await call<Thread>("/api/v1/receipt/location", { receipt, body: asPlace(told) });
  isSharing = false;
  if (said.is === "data") shared.value = { fix: told, at: performance.now() };
  // The server takes no more positions: its hours are over, or the alarm is.
  else if (said.is === "problem" && said.problem.status === 409) return shareAs("none");
  // A better one may have come while this one was on its way.
  if (fix.peek() !== known && alarm.peek()?.told?.receipt === receipt) await sharePlace(fix.peek(), receipt);
}

/** Say what is happening; whether the server took it. */
export async function tell(words: string): Promise<boolean> {
  const receipt = alarm.value?.told?.receipt;
  if (!receipt) return false;
  const said = await call<Thread>("/api/v1/receipt/messages", { receipt, body: { text: words } });
  if (said.is === "data" && alarm.value) hear(said.data);
  return said.is === "data";
}
