import { describe, expect, test } from "vitest";

import { BLANK, coarse, draftOf, lackOf, type Plea } from "./draft";

const plea = (change: Partial<Plea> = {}): Plea => ({ ...BLANK, category: "AID01", ...change });
const SAID = { what: "Food and meals", time: "When: In the next days" };
const FIX = { lat: 30.456789, lon: 120.454321, accuracy_m: 8.2, taken_at: "2026-03-02T09:00:00.000Z" };

describe("what is still needed", () => {
  test.each([
    ["a topic", BLANK, "category"],
    ["nothing for oneself", plea(), undefined],
    ["the consent of another", plea({ isForOther: true }), "consent"],
    ["nothing when they agree", plea({ isForOther: true, hasConsent: true }), undefined],
    ["no consent for an offer, which is one's own", plea({ direction: "aid_offer", isForOther: true }), undefined],
  ])("%s", (_, form, lack) => {
    expect(lackOf(form)).toBe(lack);
  });
});

describe("the request that is sent", () => {
  test("says what and when in words, even when nothing was written", () => {
    expect(draftOf(plea(), SAID, "en")).toEqual({
      kind: "aid_request", category: "AID01", text: "Food and meals\nWhen: In the next days", language: "en", voice: "self",
    });
  });

  test("an offer keeps the category of the need and is always one's own", () => {
    const draft = draftOf(plea({ direction: "aid_offer", isForOther: true, note: " I cook on Sundays " }), { what: "" }, "en");
    expect(draft).toEqual({ kind: "aid_offer", category: "AID01", text: "I cook on Sundays", language: "en", voice: "self" });
  });

  test("help for another is said to be for another", () => {
    expect(draftOf(plea({ isForOther: true, hasConsent: true }), SAID, "zh-Hans").voice).toBe("for_other");
  });

  test("a place goes as words, as a rough position, or both", () => {
    expect(draftOf(plea({ landmark: " by the old bridge " }), SAID, "en").place).toEqual({ landmark: "by the old bridge" });
    expect(draftOf(plea({ fix: FIX, landmark: "bridge" }), SAID, "en").place).toEqual({ ...coarse(FIX), landmark: "bridge" });
  });
});

describe("a rough position", () => {
  test("is rounded to about 100 metres and says so", () => {
    expect(coarse(FIX)).toEqual({ lat: 30.457, lon: 120.454, accuracy_m: 100, taken_at: FIX.taken_at });
  });

  test("never claims to be better than the phone said", () => {
    expect(coarse({ ...FIX, accuracy_m: 850.4 }).accuracy_m).toBe(851);
  });
});

describe("the neighbours' board", () => {
  test("is asked for only by who chose it, with about when", () => {
    expect(draftOf(plea(), SAID, "en").aid).toBeUndefined();
    expect(draftOf(plea({ onBoard: true }), SAID, "en").aid).toEqual({ on_board: true });
    expect(draftOf(plea({ onBoard: true, time: "week" }), SAID, "en").aid).toEqual({ on_board: true, when: { days: "week" } });
  });
});
