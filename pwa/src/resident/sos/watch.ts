/** The phone's own place, watched only after the person has pressed. Nothing ever waits for it. */

import { signal } from "@preact/signals";

import type { Fix } from "./positions";

/** The last fix, and why there is none. */
export const fix = signal<Fix | undefined>(undefined);
export const fault = signal<"denied" | "unavailable" | undefined>(undefined);

let watching: number | undefined;
/** How the phone is asked. */
export const HOW: PositionOptions = { enableHighAccuracy: true, maximumAge: 10_000, timeout: 30_000 };

/** Take a fix. */
export function found(position: GeolocationPosition): void {
  const { latitude, longitude, accuracy } = position.coords;
  fix.value = { lat: latitude, lon: longitude, accuracy_m: accuracy, at: position.timestamp };
  fault.value = undefined;
}

/** Take the reason why there is none. */
export function failed(error: GeolocationPositionError): void {
  fault.value = error.code === 1 ? "denied" : "unavailable";
}

/** Begin to watch; again while watching does nothing. */
export function watchPlace(): void {
  if (watching !== undefined) return;
  if (!navigator.geolocation) return void (fault.value = "unavailable");
  watching = navigator.geolocation.watchPosition(found, failed, HOW);
}

/** Stop, and forget the place. */
export function stopWatching(): void {
  if (watching !== undefined) navigator.geolocation.clearWatch(watching);
  watching = undefined;
  fix.value = undefined;
  fault.value = undefined;
}

/** Whether the phone tells its place without a question, which would come between the finger and the ring. */
export async function isAllowed(): Promise<boolean> {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    return false;
  }
}
