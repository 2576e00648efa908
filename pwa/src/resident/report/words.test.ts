import { describe, expect, test } from "vitest";

import type { Draft, Problem } from "../../outbox/outbox";
import type { Words } from "./fields";
import type { Spot } from "./place";
import { draftOf, lacks, spotOf, wordsOf, wrongOf } from "./words";

const HERE: Spot = { lat: 24.8, lon: 120.99, accuracy_m: 27.6, east: 0, north: 0, at: Date.UTC(2026, 5, 1, 12) };
const PLAIN = { kind: "concern", language: "en", danger_now: false, anonymous: false };
const draft = (words: Words, spot?: Spot, before?: Draft): Draft => draftOf(words, spot, { language: "en", tapped: "Gas", before });

describe("the report that the form says", () => {
  test.each<[string, Words, Spot | undefined, object]>([
    ["a topic and a place need no words", { category: "CN03" }, HERE,
      { category: "CN03", place: { lat: 24.8, lon: 120.99, accuracy_m: 28, taken_at: "2026-06-01T12:00:00.000Z" } }],
    ["words are trimmed, lines end in one way", { text: "  It smells\r\nof gas " }, undefined, { text: "It smells\nof gas" }],
    ["what no text holds is taken out", { text: "a\0b\ud800c" }, undefined, { text: "ab\ufffdc" }],
    ["a landmark stands alone", { landmark: "Bus stop" }, undefined, { place: { landmark: "Bus stop" } }],
    ["a landmark stands beside a position", { landmark: "Bus stop" }, { ...HERE, accuracy_m: 2e5 },
      { place: { landmark: "Bus stop", lat: 24.8, lon: 120.99, accuracy_m: 100_000, taken_at: "2026-06-01T12:00:00.000Z" } }],
    ["a clock that cannot be right is not believed", {}, { ...HERE, at: 12 }, { place: { lat: 24.8, lon: 120.99, accuracy_m: 28 } }],
    ["danger is said", { danger_now: "yes", text: "x" }, undefined, { danger_now: true, text: "x" }],
    ["danger that was only tapped says what was tapped", { danger_now: "yes" }, undefined, { danger_now: true, text: "Gas" }],
    ["danger at a place needs no words", { danger_now: "yes" }, { ...HERE, at: Number.NaN },
      { danger_now: true, place: { lat: 24.8, lon: 120.99, accuracy_m: 28 } }],
    ["an address goes along with a yes", { text: "x", email: "a@b.cn", phone: " 1 ", consent: "yes" }, undefined,
      { text: "x", contact: { email: "a@b.cn", phone: "1", consent: true } }],
    ["an address stays here without a yes", { text: "x", email: "a@b.cn" }, undefined, { text: "x" }],
    ["an address stays here beside anonymous", { text: "x", email: "a@b.cn", consent: "yes", anonymous: "yes" }, undefined,
      { text: "x", anonymous: true }],
    ["what is no address stays here", { danger_now: "yes", text: "x", email: "a@b", consent: "yes" }, undefined,
      { danger_now: true, text: "x" }],
  ])("%s", (_, words, spot, expected) => {
    expect(draft(words, spot)).toEqual({ ...PLAIN, ...expected });
  });

  test("a mended report keeps what this form does not show", () => {
    const before: Draft = { kind: "aid_request", category: "AID01", text: "old", people_count: 3, safe_contact: { channel: "none" } };
    expect(draft({ category: "AID02", text: "new" }, undefined, before)).toEqual({
      ...PLAIN, kind: "aid_request", category: "AID02", text: "new", people_count: 3, safe_contact: { channel: "none" },
    });
  });

  test("a mended report lets go of what was taken out", () => {
    const before: Draft = { kind: "concern", category: "CN01", text: "old", place: { landmark: "x" }, contact: { phone: "1", consent: true } };
    expect(draft({ text: "new" }, undefined, before)).toEqual({ ...PLAIN, text: "new" });
  });

  test("what was sent comes back into the form as it was", () => {
    const words: Words = { danger_now: "yes", category: "CN03", text: "x", landmark: "y", email: "a@b.cn", consent: "yes" };
    const sent = draft(words, HERE);
    expect(wordsOf(sent)).toEqual(words);
    expect(spotOf(sent)).toEqual({ ...HERE, accuracy_m: 28 });
  });
});

describe("what the form sees to be missing", () => {
  test.each<[string, Words, Spot | undefined, object]>([
    ["nothing at all", {}, undefined, { text: "report.wrong_nothing" }],
    ["a topic alone", { category: "CN01" }, undefined, { text: "report.wrong_nothing" }],
    ["blanks", { text: " \n" }, undefined, { text: "report.wrong_nothing" }],
    ["words", { text: "x" }, undefined, {}],
    ["a place", {}, HERE, {}],
    ["a landmark", { landmark: "x" }, undefined, {}],
    ["an address without a yes", { text: "x", phone: "1" }, undefined, { consent: "report.wrong_consent" }],
    ["what is no address", { text: "x", email: "nobody", consent: "yes" }, undefined, { email: "report.wrong_email" }],
    ["an address that is not sent", { text: "x", email: "nobody", anonymous: "yes" }, undefined, {}],
    ["nothing stops danger", { danger_now: "yes", email: "nobody" }, undefined, {}],
  ])("%s", (_, words, spot, expected) => {
    expect(lacks(words, spot)).toEqual(expected);
  });

  test("an alarm needs nothing", () => {
    expect(lacks({}, undefined, "distress")).toEqual({});
  });
});

describe("what the server found, at the fields", () => {
  const problem = (errors: unknown): Problem => ({ status: 422, code: "invalid", title: "", errors });
  test.each<[unknown, object]>([
    [{ text: ["Too long."] }, { text: "Too long." }],
    [{ json: { contact: { email: ["Not one."] } } }, { email: "Not one." }],
    [{ place: { landmark: ["Too long."], lat: ["Out."] } }, { landmark: "Too long.", place: "Out." }],
    [{ place: ["lat and lon belong together"] }, { place: "lat and lon belong together" }],
    [{ photo_ids: { 0: ["Not valid UUID."] } }, { photo: "Not valid UUID." }],
    [{ language: ["?"], category: ["No code."] }, { other: "?", category: "No code." }],
    [undefined, {}],
  ])("%j", (errors, expected) => {
    expect(wrongOf(problem(errors))).toEqual(expected);
  });
});
