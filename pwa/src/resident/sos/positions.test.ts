import { describe, expect, test } from "vitest";

import { asPlace, asShared, coarse, type Fix } from "./positions";
import { isWorthSending } from "./worth";

const fix = (change: Partial<Fix> = {}): Fix => ({ lat: 24.8067, lon: 120.9686, accuracy_m: 12, at: 1_000, ...change });
const metres = (one: Fix, other: Fix): number => {
  const wide = Math.cos((one.lat * Math.PI) / 180);
  return Math.hypot(one.lat - other.lat, (one.lon - other.lon) * wide) * 111_320;
};

describe("a coarse place", () => {
  const places: readonly [number, number][] = [[24.8067, 120.9686], [-33.8688, 151.2093], [64.1466, -21.9426], [0, 0], [51.4769, -0.0005], [-16.5, 179.9999]];
  test.each(places)("of %f, %f lies within 142 m and says how exact it is", (lat, lon) => {
    const exact = fix({ lat, lon });
    const rounded = coarse(exact);
    expect(metres(exact, rounded)).toBeLessThanOrEqual(143);
    expect(rounded.accuracy_m).toBeGreaterThanOrEqual(200);
    expect(Math.abs(rounded.lon)).toBeLessThanOrEqual(180);
  });

  test("is the same for places in one cell, so that it does not give away steps", () => {
    const centre = coarse(fix());
    for (const [north, east] of [[0.0004, 0], [-0.0004, 0.0004], [0, -0.0004]] as const) {
      const near = coarse(fix({ lat: centre.lat + north, lon: centre.lon + east }));
      expect([near.lat, near.lon]).toEqual([centre.lat, centre.lon]);
    }
  });

  test("of a bad fix is no better than the fix", () => {
    expect(coarse(fix({ accuracy_m: 900 })).accuracy_m).toBeGreaterThanOrEqual(900);
  });
});

describe("which fixes are sent", () => {
  const sent = fix({ accuracy_m: 50, at: 1_000 });
  const cases: readonly [string, Fix, Fix | undefined, number, boolean][] = [
    ["the first", fix(), undefined, 5_000, true],
    ["a much better one at once", fix({ accuracy_m: 39, at: 2_000 }), sent, 2_000, true],
    ["one that is hardly better not yet", fix({ accuracy_m: 45, at: 2_000 }), sent, 2_000, false],
    ["a worse one not yet", fix({ accuracy_m: 80, at: 59_000 }), sent, 59_000, false],
    ["any newer one after a minute", fix({ accuracy_m: 80, at: 61_500 }), sent, 61_500, true],
    ["the same never again", sent, sent, 999_000, false],
    ["one from a moment before never", fix({ accuracy_m: 5, at: 500 }), sent, 2_000, false],
    ["any, when the clock was set back meanwhile", fix({ at: 1_000 }), fix({ at: 9e9 }), 62_000, true],
  ];
  test.each(cases)("%s", (_, found, last, now, expected) => {
    expect(isWorthSending(found, last, 1_000, now)).toBe(expected);
  });
});

test("nothing is told of the place when it is not to be shared", () => {
  expect(asShared(fix(), "none")).toBeUndefined();
  expect(asShared(undefined, "exact")).toBeUndefined();
  expect(asShared(fix(), "exact")).toEqual(fix());
  expect(asShared(fix(), "coarse")).toEqual(coarse(fix()));
});

test("the server is told when the fix was taken", () => {
  expect(asPlace(fix({ at: Date.UTC(2026, 2, 2), accuracy_m: 12.4 })))
    .toEqual({ lat: 24.8067, lon: 120.9686, accuracy_m: 12, taken_at: "2026-03-02T00:00:00.000Z" });
});

test.each([0, Date.UTC(2150, 0, 1), Number.NaN])("a clock that cannot be right (%d) costs nobody their place", (at) => {
  expect(asPlace(fix({ at, accuracy_m: 2e6 }))).toEqual({ lat: 24.8067, lon: 120.9686, accuracy_m: 100_000 });
});
