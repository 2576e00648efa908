import { describe, expect, test } from "vitest";

import { normalForm, whichCode } from "./codes";
import { faultOf, faultOfAppCode, faultOfCodes } from "./faults";
import { isCodeOf, LONGEST_WAIT_MS, ROUNDS, verifierOf, waitAfter } from "./verifier";

test.each([
  ["  Blue  Sky ", "blue sky"], ["１２３４", "1234"], ["ABCD", "abcd"], ["蓝天", "蓝天"],
])("%o is compared as %o", (said, expected) => {
  expect(normalForm(said)).toBe(expected);
});

describe("what is a good code", () => {
  test.each([
    ["123", "short"], ["1234", undefined], ["   12 ", "short"], ["x".repeat(41), "long"], ["蓝天白云", undefined], ["", "short"],
  ])("%o is %o", (code, expected) => {
    expect(faultOf(code)).toBe(expected);
  });

  test.each([
    ["1234", "", undefined], ["1234", "4321", undefined], ["1234", "1234", "same"], ["blue", "BLUE ", "same"],
    ["123", "4321", "short"], ["1234", "12", "short"],
  ])("%o to end and %o under duress: %o", (cancel, duress, expected) => {
    expect(faultOfCodes(cancel, duress)).toBe(expected);
  });

  test.each([
    ["123456789012", undefined], ["1234567890123", "long"], ["a word of many letters", undefined], ["12", "short"],
  ])("the app code %o is %o", (code, expected) => {
    expect(faultOfAppCode(code)).toBe(expected);
  });
});

test.each([
  ["1234", "cancel"], [" 1234 ", "cancel"], ["help", "duress"], ["HELP", "duress"], ["12345", undefined], ["", undefined],
])("%o means %o", (said, expected) => {
  expect(whichCode({ cancel: "1234", duress: "help" }, said)).toBe(expected);
});

test("where no duress code is set nothing means duress", () => {
  expect(whichCode({ cancel: "1234" }, "")).toBeUndefined();
});

describe("the verifier of the app code", () => {
  test("knows the code and no other, and does not hold it", async () => {
    const verifier = await verifierOf("blue sky", 1_000);
    expect(await isCodeOf(verifier, "Blue Sky")).toBe(true);
    expect(await isCodeOf(verifier, "blue skies")).toBe(false);
    expect(JSON.stringify(verifier)).not.toContain("blue");
  });

  test("is another one each time, and slow by default", async () => {
    const [one, other] = [await verifierOf("1234", 1_000), await verifierOf("1234", 1_000)];
    expect(one.hash).not.toEqual(other.hash);
    expect(ROUNDS).toBeGreaterThanOrEqual(310_000);
  });

  test("with part of its hash missing opens for nobody", async () => {
    const verifier = await verifierOf("1234", 1_000);
    expect(await isCodeOf({ ...verifier, hash: [] }, "1234")).toBe(false);
  });
});

test("wrong tries slow down, and never for ever", () => {
  expect([0, 1, 2, 3, 4, 5].map(waitAfter)).toEqual([0, 0, 0, 5_000, 10_000, 20_000]);
  expect(waitAfter(500)).toBe(LONGEST_WAIT_MS);
});
