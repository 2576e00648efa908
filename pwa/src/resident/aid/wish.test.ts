import { beforeAll, describe, expect, test } from "vitest";

import { enter } from "../../shared/i18n";
import { en } from "../texts/en";
import { BLANK, draftOf, lackOf } from "./draft";
import { inWords, saidIn } from "./wish";

beforeAll(() => enter("en", en));

describe("the details that are sent", () => {
  test.each([
    ["nothing of what was not chosen", {}, {}],
    ["an amount with its unit", { amount: 2, unit: "kg" }, { amount: 2, unit: "kg" }],
    ["no unit of nothing", { unit: "kg" }, {}],
    ["no empty lists", { conditions: [], languages: ["hak"] }, { languages: ["hak"] }],
    ["days with their hours", { days: ["TU"], from: "14:00", to: "17:00" }, { windows: [{ weekly: ["TU"], from: "14:00", to: "17:00" }] }],
    ["no days without hours", { days: ["TU"], from: "14:00" }, {}],
  ])("%s", (_, wish, sent) => {
    expect(saidIn(wish)).toEqual(sent);
  });

  test("go with the report although it is not shown to neighbours, for a coordinator matches it as well", () => {
    const plea = { ...BLANK, category: "AID01", time: "often" as const };
    const codes = saidIn({ amount: 2, days: ["TU"], from: "14:00", to: "17:00" });
    expect(draftOf(plea, { what: "Food" }, "en", codes).aid).toEqual({
      on_board: false, amount: 2, when: { days: "often", windows: [{ weekly: ["TU"], from: "14:00", to: "17:00" }] },
    });
  });

  test("say who agreed where it is for another", () => {
    const plea = { ...BLANK, category: "AID01", isForOther: true, hasConsent: true };
    expect(draftOf(plea, { what: "Food" }, "en").aid).toEqual({ on_board: false, for_another: { said_by: "themselves" } });
  });

  test.each([
    [{ days: ["TU"] }, "hours"],
    [{ days: ["TU"], from: "14:00", to: "14:00" }, "hours"],
    [{ from: "14:00", to: "17:00" }, "hours"],
    [{ days: ["TU"], from: "14:00", to: "17:00" }, undefined],
    [{}, undefined],
  ])("%o lacks %s", (wish, lack) => {
    expect(lackOf({ ...BLANK, category: "AID01", wish })).toBe(lack);
  });
});

describe("what a listing says", () => {
  test("in words, each part by itself", () => {
    const says = { amount: 2.5, unit: "kg", people: 3, languages: ["hak", "fr"], conditions: ["by_day"], accessibility: ["lift"] };
    const when = { windows: [{ weekly: ["TU", "TH"], from: "14:00", to: "17:00", until: "2026-04-01" }] };
    expect(inWords(says, when)).toEqual([
      "2.5 kilos", "for 3", "Tue Thu 14:00 to 17:00, until 2026-04-01", "Hakka", "French", "By day", "A lift",
    ]);
  });

  test("leaves out a code that a newer server knows, and says nothing where nothing is said", () => {
    expect(inWords({ conditions: ["on_the_moon"] })).toEqual([]);
    expect(inWords()).toEqual([]);
  });
});
