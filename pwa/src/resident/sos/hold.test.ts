import { describe, expect, test } from "vitest";

import { after, DRIFT_PX, type Hold, HOLD_MS, IDLE, type Push, secondsLeft } from "./hold";

const press: Push = { act: "press", at: 0, x: 100, y: 100 };
const key: Push = { act: "key", at: 0, repeat: false };
const run = (...pushes: Push[]): Hold => pushes.reduce(after, IDLE);

describe("holding the ring", () => {
  const cases: readonly [string, readonly Push[], Hold["is"]][] = [
    ["a press holds", [press], "holding"],
    ["time completes it", [press, { act: "time", at: HOLD_MS }], "done"],
    ["just before, it is not complete", [press, { act: "time", at: HOLD_MS - 1 }], "holding"],
    ["letting go early sends nothing", [press, { act: "release", at: HOLD_MS - 1 }], "early"],
    ["a missed tick does not lose a full hold", [press, { act: "release", at: HOLD_MS }], "done"],
    ["a trembling hand may drift", [press, { act: "move", x: 130, y: 70 }, { act: "time", at: HOLD_MS }], "done"],
    ["dragging far away lets go", [press, { act: "move", x: 100 + DRIFT_PX + 1, y: 100 }], "early"],
    ["after dragging away, time changes nothing", [press, { act: "move", x: 400, y: 100 }, { act: "time", at: HOLD_MS }], "early"],
    ["a key holds too", [key, { act: "time", at: HOLD_MS }], "done"],
    ["a key that repeats goes on", [key, { act: "key", at: 900, repeat: true }, { act: "time", at: HOLD_MS }], "done"],
    ["a key released early sends nothing", [key, { act: "release", at: 500 }], "early"],
    ["a key that went down elsewhere does not begin", [{ act: "key", at: 0, repeat: true }], "idle"],
    ["the mouse does not disturb a key", [key, { act: "move", x: 900, y: 900 }, { act: "time", at: HOLD_MS }], "done"],
    ["moving without pressing is nothing", [{ act: "move", x: 1, y: 1 }], "idle"],
    ["a second press begins anew", [press, { act: "release", at: 100 }, { ...press, at: 200 } as Push, { act: "time", at: HOLD_MS }], "holding"],
    ["what is done stays done", [press, { act: "time", at: HOLD_MS }, { act: "release", at: HOLD_MS + 1 }], "done"],
  ];
  test.each(cases)("%s", (_, pushes, expected) => {
    expect(run(...pushes).is).toBe(expected);
  });

  test.each([[0, 3], [1, 3], [1001, 2], [2999, 1], [3500, 1]])("after %i ms the number is %i", (at, seconds) => {
    expect(secondsLeft(run(press), at)).toBe(seconds);
  });

  test("before a press the number is the whole time", () => {
    expect(secondsLeft(IDLE, 99)).toBe(3);
  });
});
