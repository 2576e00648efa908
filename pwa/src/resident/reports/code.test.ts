import { describe, expect, test } from "vitest";

import { cursorIn, inFours } from "./code";

describe("a code in groups of four", () => {
  test.each([
    ["", ""],
    ["7", "7"],
    ["7kqf", "7KQF"],
    ["7kqf2", "7KQF-2"],
    ["7KQF-2M9D-X4TB-0WHR", "7KQF-2M9D-X4TB-0WHR"],
    [" 7kqf 2m9d  x4tb.0whr ", "7KQF-2M9D-X4TB-0WHR"],
    ["７ｋｑｆ２ｍ９ｄ", "7KQF-2M9D"],
    ["O0Il", "O0IL"],
    ["7KQF-2M9D-X4TB-0WHRX", "7KQF-2M9D-X4TB-0WHR-X"],
    ["----", ""],
  ])("%j becomes %j", (typed, expected) => {
    expect(inFours(typed)).toBe(expected);
  });

  test("formatting again changes nothing", () => {
    const once = inFours("7kqf2m9dx4tb0whr");
    expect(inFours(once)).toBe(once);
  });
});

describe("the cursor", () => {
  test.each([
    ["at the end of what is typed", "7kqf2", 5, 6],
    ["before the dash, where a group is just full", "7kqf", 4, 4],
    ["in the middle of a group", "7KQF-2M9D", 7, 7],
    ["where a sign was put in before a dash", "7KQFA-2M9D", 5, 6],
    ["at the beginning", "7KQF-2M9D", 0, 0],
  ])("stays %s", (_, typed, cursor, expected) => {
    expect(cursorIn(typed, cursor)).toBe(expected);
  });
});
