/** Fixes of the place, and how exactly they are told. */

import { timeToTell } from "../../shared/clock";

/** Where the phone was, as it said itself. `at` is when, in milliseconds. */
export interface Fix {
  readonly lat: number;
  readonly lon: number;
  readonly accuracy_m: number;
  readonly at: number;
}

/** How exactly the place is shared. */
export type Share = "exact" | "coarse" | "none";

export const COARSE_M = 200;
/** The server takes no circle that is wider. */
const FURTHEST_M = 100_000;
const METRES_A_DEGREE = 111_320;

/** The nearest corner of a grid of about 200 m; what rounding adds is told as accuracy. */
export function coarse(fix: Fix): Fix {
  const step = COARSE_M / METRES_A_DEGREE;
  const lat = Math.round(fix.lat / step) * step;
  // Meridians draw together towards the poles; beyond 89 degrees nobody lives.
  const wide = step / Math.cos((Math.max(-89, Math.min(89, lat)) * Math.PI) / 180);
  const lon = Math.round(fix.lon / wide) * wide;
  const accuracy_m = Math.max(COARSE_M, Math.ceil(fix.accuracy_m + COARSE_M * Math.SQRT1_2));
  return { lat: short(lat), lon: short(Math.max(-180, Math.min(180, lon))), accuracy_m, at: fix.at };
}

function short(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5;
}

/** A fix as the person allows it to be told; undefined when not at all. */
export function asShared(fix: Fix | undefined, share: Share): Fix | undefined {
  if (!fix || share === "none") return undefined;
  return share === "coarse" ? coarse(fix) : fix;
}

/** A fix as the server takes it; its time is left out when this phone's clock cannot be right, for the place counts. */
export function asPlace(fix: Fix): { lat: number; lon: number; accuracy_m: number; taken_at?: string } {
  const taken_at = timeToTell(fix.at);
  const accuracy_m = Math.min(FURTHEST_M, Math.round(fix.accuracy_m));
  return { lat: fix.lat, lon: fix.lon, accuracy_m, ...(taken_at && { taken_at }) };
}
