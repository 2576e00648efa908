import { beforeAll, describe, expect, test } from "vitest";

import snapshot from "../../generated/config.json";
import { type Config, config } from "../../shared/config";
import { enter, language } from "../../shared/i18n";
import { en } from "../texts/en";
import { nameOf, spoken } from "./words";

beforeAll(() => {
  config.value = snapshot as unknown as Config;
  enter("en", en);
  language.value = "en";
});

describe("what a report is called", () => {
  test.each([
    ["by its category", "concern", "CN01", false, "Something broken or dangerous in the street"],
    ["by its kind where no category is known", "concern", null, false, "Something I noticed"],
    ["as what is needed", "aid_request", "AID01", false, "I need: Food and meals"],
    ["as what is offered", "aid_offer", "AID01", false, "I offer: Food and meals"],
    ["as neither, when only its code is known", "aid_request", "AID01", true, "Food and meals"],
    ["not at all, when it is private", "concern", "CN13", false, "A private matter"],
    ["not at all, when it is private and only its code is known", "distress", "DS04", true, "A private matter"],
  ] as const)("%s", (_, kind, category, isByCode, expected) => {
    expect(nameOf(kind, category, isByCode)).toBe(expected);
  });
});

describe("words that the server kept", () => {
  test.each([
    ["as they are", "She is 82", "She is 82"],
    ["in the reader's language", { en: "Closed", zh: "已结束" }, "Closed"],
    ["as erased", { erased: true }, "These words were erased."],
    ["as erased, when there are none", null, "These words were erased."],
  ])("%s", (_, words, expected) => {
    expect(spoken(words)).toBe(expected);
  });
});
