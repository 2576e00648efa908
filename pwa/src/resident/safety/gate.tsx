/** The door of the page: while it is shut the lock stands in place of the screens, which stay as they were behind it. */

import { signal } from "@preact/signals";
import type { ComponentChildren, ComponentType } from "preact";

import { CallFirst, Loading } from "../../shared/frame";
import { place } from "../../shared/router";
import { locked, NEVER_SHUT } from "./lock";

const lock = signal<ComponentType | undefined>(undefined);
// Before the first opening nothing of a screen is there at all; later, what somebody was writing is kept.
let wasOpen = false;

function fetchLock(): void {
  if (!lock.value) void import("./lock-screen").then((found) => (lock.value = found.default), () => undefined);
}

export function Gate({ children }: { children: ComponentChildren }) {
  const isShut = locked.value && !NEVER_SHUT.has(place.value.screen);
  if (isShut) fetchLock();
  wasOpen ||= !isShut;
  return (
    <>
      {isShut && (lock.value ? <lock.value /> : <main><CallFirst /><Loading /></main>)}
      <div hidden={isShut}>{wasOpen && children}</div>
    </>
  );
}
