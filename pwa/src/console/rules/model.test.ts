import { describe, expect, it } from "vitest";

import { freshId, isCode, isSame, newRule, readValue, setting, spread, valueOf, withAt, withName, type Body } from "./model";

describe("a draft's rules", () => {
  it("are shown as clauses even where a document writes one condition", () => {
    const { clauses, ...rest } = spread(JSON.parse('{"lock": "local", "when": "true", "then": {"lead": "M"}}') as Body);
    expect(clauses?.map((one) => [one.id, one.when, one.then])).toEqual([["only", "true", { lead: "M" }]]);
    expect(rest).toEqual({ lock: "local" });
  });

  it("keep what this screen does not know", () => {
    expect(setting({ value: 1, unit: "s", label: { en: "x", zh: "x" } }, { value: 2 })).toEqual({ value: 2, unit: "s", label: { en: "x", zh: "x" } });
    expect(setting(1, { value: 2 })).toBe(2);
    expect(setting(1, { lock: "floor" })).toEqual({ value: 1, lock: "floor" });
    expect(setting({ value: 1, lock: "floor" }, { lock: "" })).toBe(1);
    expect(valueOf([3, 5])).toEqual([3, 5]);
  });

  it("say the same whatever the order of their names, and not whatever the order of their lists", () => {
    expect(isSame({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toBe(true);
    expect(isSame({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
  });

  it("name each new clause apart from the others", () => {
    const { clauses = [] } = newRule();
    expect(clauses[0]?.id).toBe("c1");
    expect(freshId([...clauses, ...clauses])).toBe("c3");
    expect(freshId(clauses.map((one) => ({ ...one, id: "c2" })))).toBe("c3");
  });

  it.each([["R15", true], ["TH_01", true], ["1A", false], ["A-B", false], ["", false], ["井盖", false]])("may be called %s: %s", (code, may) => {
    expect(isCode(code)).toBe(may);
  });

  it.each([
    ["3, 5，8", [1], [3, 5, 8]], ["3 x", [1], undefined], ["", 1, undefined], ["12", 1, 12], ["1.5", 1, 1.5], ["x", 1, undefined],
    ["true", false, true], ["yes", false, undefined], ["09:00", "08:30", "09:00"],
  ])("read %s like %s", (text, like, found) => {
    expect(readValue(text, like)).toEqual(found);
  });

  it("are edited without touching what was there", () => {
    const held = Object.freeze([1, 2, 3]);
    expect([withAt(held, 1, 9), withAt(held, 1, undefined)]).toEqual([[1, 9, 3], [1, 3]]);
    expect([withName({ a: 1 }, "b", 2), withName({ a: 1, b: 2 }, "a", undefined)]).toEqual([{ a: 1, b: 2 }, { b: 2 }]);
  });
});
