/** What a person has set on this phone for their safety: kept sealed, and given to what is sent. */

import type { Draft } from "../../outbox/outbox";
import { read, type Sealed, write } from "../../shared/db";
import { open, seal } from "../../shared/vault";
import type { Codes } from "./codes";

export const CHANNELS = ["none", "in_app", "email", "sms", "phone"] as const;
export type Channel = (typeof CHANNELS)[number];

/** How a person is safe to be reached. `address`: an e-mail or a number, where the channel needs one. */
export interface SafeWay {
  readonly channel: Channel;
  readonly address?: string;
  readonly hours?: { readonly from: string; readonly to: string };
  readonly voicemail: boolean;
  readonly code_word?: string;
}

async function opened<T>(name: string): Promise<T | undefined> {
  const kept = await read<Sealed>(name);
  return kept && open<T>(kept, name);
}

async function keep(name: string, value: unknown): Promise<void> {
  await write(name, value === undefined ? undefined : await seal(value, name));
}

/** The codes for ending an SOS; undefined when none are set. */
export function sosCodes(): Promise<Codes | undefined> {
  return opened<Codes>("sos-codes");
}

/** Keep the codes for ending an SOS; undefined forgets them. */
export function keepSosCodes(codes: Codes | undefined): Promise<void> {
  return keep("sos-codes", codes);
}

/** How I am safe to be reached, as I set it; undefined when I never did. */
export function safeWay(): Promise<SafeWay | undefined> {
  return opened<SafeWay>("safe-contact");
}

/** Keep how I am safe to be reached. */
export function keepSafeWay(way: SafeWay | undefined): Promise<void> {
  return keep("safe-contact", way);
}

/** The safe contact as a report takes it; undefined when none was set, which means: do not contact me. */
export async function safeContact(): Promise<Draft["safe_contact"] | undefined> {
  const way = await safeWay();
  if (!way) return undefined;
  const { address: _, ...rest } = way;
  return rest;
}

/** The address of the safe contact as a report takes it, with the consent that setting it gave. */
export async function contactOfMine(): Promise<Draft["contact"] | undefined> {
  const way = await safeWay();
  if (!way?.address) return undefined;
  if (way.channel === "email") return { email: way.address, consent: true };
  return way.channel === "sms" || way.channel === "phone" ? { phone: way.address, consent: true } : undefined;
}
