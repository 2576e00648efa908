import { describe, expect, test } from "vitest";

import { type Encode, fit, Unreadable } from "./photos";

/** Packs as JPEG does, roughly: bytes grow with the pixels and with the quality. */
function encoder(bytesPerPixel: number): { encode: Encode; tried: [number, number][] } {
  const tried: [number, number][] = [];
  const encode: Encode = (side, quality) => {
    tried.push([side, quality]);
    return Promise.resolve(new Blob([new Uint8Array(Math.round(side * side * 0.75 * quality * bytesPerPixel))]));
  };
  return { encode, tried };
}

describe("a photo is made small", () => {
  test.each<[string, number, [number, number]]>([
    ["a plain one at the first try", 0.1, [1600, 0.85]],
    ["a rich one by lower quality", 0.25, [1600, 0.6]],
    ["a very rich one by fewer pixels", 1, [800, 0.6]],
  ])("%s", async (_, bytesPerPixel, last) => {
    const { encode, tried } = encoder(bytesPerPixel);
    const packed = await fit(encode);
    expect(packed.size).toBeLessThanOrEqual(300_000);
    expect(tried.at(-1)).toEqual(last);
  });

  test("quality is lowered before pixels are given up, and nothing is tried twice", async () => {
    const { encode, tried } = encoder(1);
    await fit(encode);
    const ordered = tried.toSorted((one, other) => other[0] - one[0] || other[1] - one[1]);
    expect(tried).toEqual(ordered);
    expect(new Set(tried.map(String)).size).toBe(tried.length);
  });

  test("one that stays too large is refused rather than sent", async () => {
    await expect(fit(encoder(100).encode)).rejects.toThrow(Unreadable);
  });

  test("an empty packing is none", async () => {
    await expect(fit(() => Promise.resolve(new Blob([])))).rejects.toThrow(Unreadable);
  });
});
