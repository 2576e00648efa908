/** Who is signed in at this console. The token is in a cookie that no script reads. */

import { signal } from "@preact/signals";

import type { components } from "../generated/contract";

export type Me = Required<components["schemas"]["Me"]>;

/** The person; null when nobody is signed in, undefined until the server was asked. */
export const me = signal<Me | null | undefined>(undefined);
/** Whether the session ended under a screen that is open: its calls wait until the person has signed in again. */
export const isInterrupted = signal(false);

let waiting: ((signedIn: boolean) => void)[] = [];

/** Whether the person may do something; names as in docs/permissions.md. */
export function may(permission: string): boolean {
  return me.value?.permissions.includes(permission) ?? false;
}

/** Wait until somebody has signed in again; false when they left instead. */
export function signedInAgain(): Promise<boolean> {
  isInterrupted.value = true;
  return new Promise((resolve) => waiting.push(resolve));
}

/** Let the calls go on that waited, or let them be. */
export function goOn(signedIn: boolean): void {
  isInterrupted.value = false;
  const all = waiting;
  waiting = [];
  for (const resolve of all) resolve(signedIn);
}
