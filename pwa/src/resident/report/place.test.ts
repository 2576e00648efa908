import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { ageOf, type Found, locate, moved, nudged, type Spot, stepOf, takenAt } from "./place";

const spot = (change: Partial<Spot> = {}): Spot => ({ lat: 0, lon: 0, accuracy_m: 20, east: 0, north: 0, ...change });

/** Metres between two points by the haversine formula, written apart from what is tested. */
function metres(one: { lat: number; lon: number }, other: { lat: number; lon: number }): number {
  const rad = Math.PI / 180;
  const half = (angle: number): number => Math.sin((angle * rad) / 2) ** 2;
  const h = half(other.lat - one.lat) + Math.cos(one.lat * rad) * Math.cos(other.lat * rad) * half(other.lon - one.lon);
  return 2 * 6_371_009 * Math.asin(Math.sqrt(h));
}

describe("a moved pin", () => {
  test.each([
    [0, 0, 0, 111_195, 1, 0],
    [0, 0, 111_195, 0, 0, 1],
    [60, 10, 111_195, 0, 60, 12],
    [24.8, 179.9999, 100, 0, 24.8, -179.99911],
    [24.8, -179.9999, -100, 0, 24.8, 179.99911],
    [89.9999, 0, 0, 1000, 90, 0],
  ])("at %d, %d by %d m east and %d m north", (lat, lon, east, north, toLat, toLon) => {
    const found = moved(spot({ lat, lon, east, north }));
    expect(found.lat).toBeCloseTo(toLat, 4);
    expect(found.lon).toBeCloseTo(toLon, 4);
  });

  test.each([[-33.9, 18.4], [24.8, 120.99], [47.6, -122.3], [69.6, 18.9]])("stands as far off as it was moved, at %d, %d", (lat, lon) => {
    expect(metres({ lat, lon }, moved(spot({ lat, lon, east: 30, north: -40 })))).toBeCloseTo(50, 0);
  });

  test("goes by steps, and no further than words say better", () => {
    expect(nudged(spot({ east: 10 }), -4.6, 3)).toMatchObject({ east: 5, north: 3 });
    expect(nudged(spot(), 5000, -5000)).toMatchObject({ east: 1000, north: -1000 });
  });

  test.each([[5, 5], [40, 5], [41, 10], [300, 50], [3000, 100]])("unsure by %d m it goes %d m at a time", (accuracy_m, step) => {
    expect(stepOf(spot({ accuracy_m }))).toBe(step);
  });
});

describe("how old a position is", () => {
  test.each<[string, Partial<Spot>, number | undefined]>([
    ["by the clock that nobody sets", { seen: 1000, at: 99 }, 4000],
    ["by the phone's clock after a reload", { at: 90_000 }, 10_000],
    ["nobody knows, when the clock was set back", { at: 200_000 }, undefined],
    ["nobody knows, when it was not said", {}, undefined],
  ])("%s", (_, change, age) => {
    expect(ageOf(spot(change), 5000, 100_000)).toBe(age);
  });

  test.each([[Date.UTC(2026, 0, 1), "2026-01-01T00:00:00.000Z"], [0, undefined], [Date.UTC(2100, 0, 1), undefined], [Number.NaN, undefined], [1e20, undefined]])(
    "a fix at %d is told as %s",
    (at, told) => expect(takenAt(spot({ at }))).toBe(told),
  );
});

describe("looking for the place", () => {
  let found: Found[];
  let give: PositionCallback;
  let fail: PositionErrorCallback;
  const clearWatch = vi.fn();
  const phone = {
    watchPosition: (ok: PositionCallback, no: PositionErrorCallback) => ((give = ok), (fail = no), 7),
    clearWatch,
  } as unknown as Geolocation;
  const at = (accuracy: number): GeolocationPosition => ({ coords: { latitude: 1, longitude: 2, accuracy }, timestamp: 3 }) as GeolocationPosition;
  const start = (): (() => void) => locate(phone, (one) => found.push(one));

  beforeEach(() => {
    vi.useFakeTimers();
    clearWatch.mockClear();
    found = [];
  });
  afterEach(() => void vi.useRealTimers());

  test("takes each better position and stops at a good one", () => {
    start();
    [at(900), at(950), at(40), at(12), at(3)].forEach(give);
    expect(found.map((one) => ("spot" in one ? one.spot.accuracy_m : one))).toEqual([900, 40, 12, { done: true }]);
    expect(clearWatch).toHaveBeenCalledWith(7);
  });

  test("is content after 15 s with the best so far", () => {
    start();
    give(at(60));
    vi.advanceTimersByTime(15_000);
    give(at(5));
    expect(found.at(-1)).toEqual({ done: true });
    expect(found).toHaveLength(2);
  });

  test.each([[1, "denied"], [2, "unavailable"], [3, "timeout"]] as const)("says of error %d that it was %s", (code, none) => {
    start();
    fail({ code } as GeolocationPositionError);
    expect(found).toEqual([{ none }]);
  });

  test("keeps a position when a better one fails", () => {
    start();
    give(at(60));
    fail({ code: 2 } as GeolocationPositionError);
    expect(found.at(-1)).toEqual({ done: true });
  });

  test("stops when told to, and tells nothing more", () => {
    start()();
    give(at(5));
    expect(found).toEqual([{ done: true }]);
    expect(clearWatch).toHaveBeenCalledWith(7);
  });

  test("a phone without it says so", async () => {
    locate(undefined, (one) => found.push(one));
    await Promise.resolve();
    expect(found).toEqual([{ none: "unavailable" }]);
  });
});
