/** Keeping what a person sets for their safety: sealed, under the names that kept.ts reads. */

import { write } from "../../shared/db";
import { seal } from "../../shared/vault";
import type { Codes } from "./codes";
import type { Channel, SafeWay } from "./kept";

/** The ways of being reached, from none at all. */
export const CHANNELS: readonly Channel[] = ["none", "in_app", "email", "sms", "phone"];

/** Keep the codes for ending an SOS; undefined forgets them. */
export function keepSosCodes(codes: Codes | undefined): Promise<void> {
  return keep("sos-codes", codes);
}

/** Keep how I am safe to be reached; undefined forgets it. */
export function keepSafeWay(way: SafeWay | undefined): Promise<void> {
  return keep("safe-contact", way);
}

async function keep(name: string, value: unknown): Promise<void> {
  await write(name, value === undefined ? undefined : await seal(value, name));
}
