/** Who is signed in at this console. The token is in a cookie that no script reads. */

import { signal } from "@preact/signals";

import type { components } from "../generated/contract";

export type Me = Required<components["schemas"]["Me"]>;

/** The person; null when nobody is signed in, undefined until the server was asked. */
export const me = signal<Me | null | undefined>(undefined);
/** Why calls of an open screen wait until the person has signed in again: the session ended, or it is too old for this. */
export const interrupted = signal<"ended" | "stale" | undefined>(undefined);

let waiting: ((signedIn: boolean) => void)[] = [];

/** Whether the person may do something; names as in docs/permissions.md. */
export function may(permission: string): boolean {
  return me.value?.permissions.includes(permission) ?? false;
}

/** Wait until somebody has signed in again; false when they left instead. */
export function signedInAgain(why: "ended" | "stale"): Promise<boolean> {
  // Whose session has ended cannot do anything else either.
  interrupted.value = interrupted.value === "ended" ? "ended" : why;
  return new Promise((resolve) => waiting.push(resolve));
}

/** Let the calls go on that waited, or let them be. */
export function goOn(signedIn: boolean): void {
  interrupted.value = undefined;
  const all = waiting;
  waiting = [];
  for (const resolve of all) resolve(signedIn);
}
