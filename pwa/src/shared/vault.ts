/**
 * What stays on this phone is sealed under a key that the browser never gives out (AES-256-GCM, not extractable).
 *
 * A copy of the browser's files alone does not read as text; whoever can run this page on this phone can open it,
 * which is what the app code is for.
 */

import { database, type Sealed, write } from "./db";

const KEY = "vault-key";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

async function key(): Promise<CryptoKey> {
  const db = await database();
  const held = (await db.get("values", KEY)) as CryptoKey | undefined;
  if (held) return held;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const change = db.transaction("values", "readwrite");
  // Another tab may have made one meanwhile; the first counts, or what it sealed would be lost.
  const first = (await change.store.get(KEY)) as CryptoKey | undefined;
  if (!first) await change.store.put(made, KEY);
  await change.done;
  return first ?? made;
}

/** Seal a value, bound to the place it is kept at. */
export async function seal(value: unknown, place: string): Promise<Sealed> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const plain = encoder.encode(JSON.stringify(value));
  const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: encoder.encode(place) }, await key(), plain);
  return { iv, box };
}

/** Open a sealed value. Rejects when it was moved, changed, or its key is gone. */
export async function open<T>(sealed: Sealed, place: string): Promise<T> {
  const plain = await crypto.subtle.decrypt(
    { name: "AES-GCM", iv: sealed.iv, additionalData: encoder.encode(place) },
    await key(),
    sealed.box,
  );
  return JSON.parse(decoder.decode(plain)) as T;
}

/** Forget the key: whatever it sealed can never be opened again. */
export async function forgetKey(): Promise<void> {
  await write(KEY, undefined);
}
