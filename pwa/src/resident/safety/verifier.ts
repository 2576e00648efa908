/** How the app code is checked without being kept, and how wrong tries slow down. */

import { normalForm } from "./codes";

/** What is kept of the app code: it cannot be read back, only tried. */
export interface Verifier {
  readonly salt: readonly number[];
  readonly rounds: number;
  readonly hash: readonly number[];
}

/** OWASP's figure for PBKDF2 with SHA-256 of 2021; about half a second on a cheap phone. */
export const ROUNDS = 310_000;

/** A verifier of a new app code. */
export async function verifierOf(code: string, rounds: number = ROUNDS): Promise<Verifier> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  return { salt: [...salt], rounds, hash: [...(await stretched(code, salt, rounds))] };
}

/** Whether a code is the one of the verifier. */
export async function isCodeOf(verifier: Verifier, code: string): Promise<boolean> {
  const tried = await stretched(code, Uint8Array.from(verifier.salt), verifier.rounds);
  let differs = tried.length ^ verifier.hash.length;
  tried.forEach((byte, at) => (differs |= byte ^ (verifier.hash[at] ?? 0)));
  return differs === 0;
}

async function stretched(code: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<Uint8Array> {
  const from = await crypto.subtle.importKey("raw", new TextEncoder().encode(normalForm(code)), "PBKDF2", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, from, 256));
}

const FREE_TRIES = 3;
const FIRST_WAIT_MS = 5_000;
export const LONGEST_WAIT_MS = 15 * 60_000;

/** How long to wait after so many wrong tries in a row: nothing for three, then 5 s, doubling up to 15 minutes. */
export function waitAfter(wrong: number): number {
  return wrong < FREE_TRIES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (wrong - FREE_TRIES));
}
