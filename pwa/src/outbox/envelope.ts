/**
 * Sealing to the server: what waits on a phone can be opened by the server alone.
 *
 * ECDH on P-256 with a key made for one envelope, HKDF-SHA-256, AES-256-GCM; the id of what is inside is bound in.
 * P-256 because every browser since 2017 has it. The server's side is backend/intake/envelopes.py.
 */

/** The server's public key, as /api/v1/config gives it: its name and the uncompressed point in base64url. */
export interface ServerKey {
  readonly id: string;
  readonly point: string;
}

/** A sealed envelope as it travels; bytes in base64url. */
export interface Envelope {
  readonly key: string;
  readonly point: string;
  readonly iv: string;
  readonly box: string;
}

const INFO = new TextEncoder().encode("linli-envelope-1");

/** Seal bytes to the server's key; `id` is bound in and must be told to open them. */
export async function sealTo(server: ServerKey, plain: Uint8Array<ArrayBuffer>, id: string): Promise<Envelope> {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = await crypto.subtle.importKey("raw", fromBase64(server.point), curve, false, []);
  const ours = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
  const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, ours.privateKey, 256);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", ours.publicKey));
  const from = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: point, info: INFO },
    from,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const additionalData = new TextEncoder().encode(id);
  const box = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, plain);
  return { key: server.id, point: toBase64(point), iv: toBase64(iv), box: toBase64(new Uint8Array(box)) };
}

/** Bytes as base64url without padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The bytes of base64url. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at++) bytes[at] = raw.charCodeAt(at);
  return bytes;
}
