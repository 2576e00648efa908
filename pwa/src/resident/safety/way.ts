/** The form of the safe contact: what is wrong with it, and what it means. Pure. */

import type { Channel, SafeWay } from "./kept";

/** The form as it is filled in. */
export interface Filled {
  readonly channel: Channel;
  readonly address: string;
  readonly from: string;
  readonly to: string;
  readonly voicemail: boolean;
  readonly code_word: string;
}

/** Unless somebody says otherwise: do not contact me. */
export const NOTHING: Filled = { channel: "none", address: "", from: "", to: "", voicemail: false, code_word: "" };

export type ContactFault = "address" | "hours";

function hasAddress(filled: Filled): boolean {
  const address = filled.address.trim();
  return filled.channel === "email" ? /^\S+@\S+\.\S+$/.test(address) : (address.match(/\d/g) ?? []).length >= 3;
}

/** What is missing. Hours are both given or neither. */
export function faultOfWay(filled: Filled): ContactFault | undefined {
  if (filled.channel === "none" || filled.channel === "in_app") return undefined;
  if (!hasAddress(filled)) return "address";
  return (filled.from === "") !== (filled.to === "") || (filled.from !== "" && filled.from === filled.to) ? "hours" : undefined;
}

/** What the filled form means; what belongs to another way of contact is left out. */
export function wayOf(filled: Filled): SafeWay {
  const { channel, from, to } = filled;
  if (channel === "none" || channel === "in_app") return { channel, voicemail: false };
  const word = filled.code_word.trim();
  return {
    channel, address: filled.address.trim(), voicemail: channel === "phone" && filled.voicemail,
    ...(from && to && { hours: { from, to } }), ...(word && { code_word: word }),
  };
}
