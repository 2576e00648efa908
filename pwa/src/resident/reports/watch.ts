/** Looking for news in the background of whatever screen is shown: sparing of a small data plan. */

import { place } from "../../shared/router";
import { tellPush } from "../install/push";
import { refresh } from "./asking";
import { allKnown, stillOpen } from "./mylist";
import { sendNotes } from "./notes";

const MOST_AT_START = 5;
const NOT_BEFORE_MS = 60_000;
let lookedAt = -NOT_BEFORE_MS;

/** Tell the server of this phone if it takes pushes, send messages that wait, then ask about the newest open reports, at most once a minute. */
export async function lookForNews(): Promise<void> {
  await tellPush();
  await sendNotes();
  const all = await allKnown();
  // My reports ask for themselves.
  if (place.value.screen === "reports" || performance.now() - lookedAt < NOT_BEFORE_MS) return;
  lookedAt = performance.now();
  const outcomes = await Promise.all(stillOpen(all, MOST_AT_START).map(refresh));
  if (outcomes.some((one) => one.is === "data")) await allKnown();
}
