/** Where it is: a position that the phone found once, when asked, and how far a hand has moved it. Never followed. */

import { timeToTell } from "../../shared/clock";

/** A position as the phone found it, and the shift by hand in metres. */
export interface Spot {
  readonly lat: number;
  readonly lon: number;
  /** 68 % radius in metres. */
  readonly accuracy_m: number;
  readonly east: number;
  readonly north: number;
  /** When it was found, by this phone's clock. */
  readonly at?: number;
  /** When it was found, by a clock that nobody can set; for as long as this page lives. */
  readonly seen?: number;
}

/** A degree of latitude on a sphere with the mean radius of the earth, in metres. */
const DEGREE_M = 111_195;
/** How far a pin goes by hand. Further off, words say more than a shift. */
const FURTHEST_M = 1000;
const STEPS_M = [5, 10, 25, 50, 100];

/** Where the pin stands, in degrees. */
export function moved(spot: Spot): { lat: number; lon: number } {
  const lat = Math.min(90, Math.max(-90, spot.lat + spot.north / DEGREE_M));
  // Near the poles a degree of longitude shrinks to nothing: there a shift to the east says nothing any more.
  const narrow = Math.max(0.01, Math.cos((spot.lat * Math.PI) / 180));
  const lon = spot.lon + spot.east / (DEGREE_M * narrow);
  return { lat: sixPlaces(lat), lon: sixPlaces(((((lon + 180) % 360) + 360) % 360) - 180) };
}

function sixPlaces(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6;
}

/** The spot with its pin moved further, as far as a pin goes. */
export function nudged(spot: Spot, east: number, north: number): Spot {
  const within = (metres: number): number => Math.round(Math.min(FURTHEST_M, Math.max(-FURTHEST_M, metres)));
  return { ...spot, east: within(spot.east + east), north: within(spot.north + north) };
}

/** How far one press moves the pin, in metres: about an eighth of what the phone is unsure of. */
export function stepOf(spot: Spot): number {
  return STEPS_M.find((step) => step >= spot.accuracy_m / 8) ?? 100;
}

/** How old the position is in milliseconds; undefined when the clock was set meanwhile and nobody can say. */
export function ageOf(spot: Spot, ticks: number, clock: number): number | undefined {
  if (spot.seen !== undefined) return Math.max(0, ticks - spot.seen);
  return spot.at !== undefined && spot.at <= clock ? clock - spot.at : undefined;
}

/** The time of the position as the server takes it; left out when this phone's clock cannot be right. */
export function takenAt(spot: Spot): string | undefined {
  return timeToTell(spot.at ?? Number.NaN);
}

/** Why there is no position. */
export type NoPlace = "denied" | "unavailable" | "timeout";
/** What became of looking for it; `spot` may come several times, each better than the one before. */
export type Found = { readonly spot: Spot } | { readonly none: NoPlace } | { readonly done: true };

const GOOD_M = 15;
const LOOK_MS = 15_000;

/** Look for the position once, for 15 s at most. Returns how to stop looking. */
export function locate(geolocation: Geolocation | undefined, tell: (found: Found) => void): () => void {
  let best = Number.POSITIVE_INFINITY;
  let over = false;
  let watch: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (last: Found): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    if (watch !== undefined) geolocation?.clearWatch(watch);
    tell(best < Number.POSITIVE_INFINITY ? { done: true } : last);
  };
  const take = (position: GeolocationPosition): void => {
    if (over || position.coords.accuracy >= best) return;
    best = position.coords.accuracy;
    tell({ spot: spotAt(position) });
    if (best <= GOOD_M) end({ done: true });
  };
  // The browser's own limit does not count while it asks for leave; ours would, so it is begun by the first answer.
  const first = (position: GeolocationPosition): void => {
    timer ??= setTimeout(() => end({ done: true }), LOOK_MS);
    take(position);
  };
  watch = geolocation?.watchPosition(first, (error) => end({ none: reasonOf(error) }), {
    enableHighAccuracy: true, timeout: LOOK_MS, maximumAge: 0,
  });
  if (watch === undefined) queueMicrotask(() => end({ none: "unavailable" }));
  return () => end({ done: true });
}

function spotAt({ coords, timestamp }: GeolocationPosition): Spot {
  const { latitude: lat, longitude: lon, accuracy: accuracy_m } = coords;
  return { lat, lon, accuracy_m, east: 0, north: 0, at: timestamp, seen: performance.now() };
}

function reasonOf(error: { readonly code: number }): NoPlace {
  if (error.code === 1) return "denied";
  return error.code === 3 ? "timeout" : "unavailable";
}
