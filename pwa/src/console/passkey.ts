/** Passkeys by the browser's own API. What goes over the wire is JSON with base64url; older browsers cannot convert it. */

type Json = Record<string, unknown>;

/** Whether this browser knows passkeys here. */
export function knowsPasskeys(): boolean {
  return typeof PublicKeyCredential === "function";
}

/** Have the browser make a passkey; undefined when the person did not. */
export async function makePasskey(options: Json): Promise<Json | undefined> {
  const user = options["user"] as Json;
  const publicKey = {
    ...options,
    challenge: bytes(options["challenge"]),
    user: { ...user, id: bytes(user["id"]) },
    excludeCredentials: named(options["excludeCredentials"]),
  } as unknown as PublicKeyCredentialCreationOptions;
  const made = await attempt(() => navigator.credentials.create({ publicKey }));
  if (!made) return undefined;
  const response = made.response as AuthenticatorAttestationResponse;
  return sent(made, {
    attestationObject: text(response.attestationObject),
    clientDataJSON: text(response.clientDataJSON),
    transports: response.getTransports?.() ?? [],
  });
}

/** Have the browser show a passkey; undefined when the person did not. */
export async function showPasskey(options: Json): Promise<Json | undefined> {
  const publicKey = {
    ...options,
    challenge: bytes(options["challenge"]),
    allowCredentials: named(options["allowCredentials"]),
  } as unknown as PublicKeyCredentialRequestOptions;
  const shown = await attempt(() => navigator.credentials.get({ publicKey }));
  if (!shown) return undefined;
  const response = shown.response as AuthenticatorAssertionResponse;
  return sent(shown, {
    authenticatorData: text(response.authenticatorData),
    clientDataJSON: text(response.clientDataJSON),
    signature: text(response.signature),
    userHandle: response.userHandle ? text(response.userHandle) : null,
  });
}

/** A person who turns away, or has no passkey here, makes the browser's promise fail: that is an answer. */
async function attempt(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential | undefined> {
  try {
    return ((await ask()) as PublicKeyCredential | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function sent(credential: PublicKeyCredential, response: Json): Json {
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response, clientExtensionResults: {} };
}

function named(list: unknown): { id: Uint8Array }[] {
  return ((list ?? []) as Json[]).map((one) => ({ ...one, id: bytes(one["id"]) }));
}

function bytes(written: unknown): Uint8Array {
  const plain = atob(String(written).replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(held: ArrayBuffer): string {
  const plain = Array.from(new Uint8Array(held), (byte) => String.fromCharCode(byte)).join("");
  return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
