/** What a person has set on this phone for their safety, as it is given to what is sent; setting.ts keeps it. */

import type { Draft } from "../../outbox/outbox";
import { read, type Sealed } from "../../shared/db";
import { open } from "../../shared/vault";
import type { Codes } from "./codes";

export type Channel = "none" | "in_app" | "email" | "sms" | "phone";

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

/** The codes for ending an SOS; undefined when none are set. */
export function sosCodes(): Promise<Codes | undefined> {
  return opened<Codes>("sos-codes");
}

/** How I am safe to be reached, as I set it; undefined when I never did. */
export function safeWay(): Promise<SafeWay | undefined> {
  return opened<SafeWay>("safe-contact");
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
