import { expect, test } from "vitest";

import { faultOfWay, NOTHING, wayOf } from "./way";

test("unless somebody says otherwise, nobody contacts them", () => {
  expect(wayOf(NOTHING)).toEqual({ channel: "none", voicemail: false });
});

test.each([
  ["none needs nothing", { ...NOTHING }, undefined],
  ["inside the page needs nothing", { ...NOTHING, channel: "in_app" as const }, undefined],
  ["an e-mail needs an address", { ...NOTHING, channel: "email" as const, address: "me" }, "address"],
  ["a whole address will do", { ...NOTHING, channel: "email" as const, address: "me@example.org" }, undefined],
  ["a call needs a number", { ...NOTHING, channel: "phone" as const, address: "me" }, "address"],
  ["one time is no part of the day", { ...NOTHING, channel: "sms" as const, address: "12345", from: "08:00" }, "hours"],
  ["the same time twice is none either", { ...NOTHING, channel: "sms" as const, address: "12345", from: "08:00", to: "08:00" }, "hours"],
  ["hours may go past midnight", { ...NOTHING, channel: "sms" as const, address: "12345", from: "22:00", to: "06:00" }, undefined],
])("%s", (_, filled, expected) => {
  expect(faultOfWay(filled)).toBe(expected);
});

test("what belongs to another way of contact is left out", () => {
  const filled = { channel: "email" as const, address: " me@example.org ", from: "08:00", to: "10:00", voicemail: true, code_word: " lantern " };
  expect(wayOf(filled)).toEqual({ channel: "email", address: "me@example.org", hours: { from: "08:00", to: "10:00" }, voicemail: false, code_word: "lantern" });
  expect(wayOf({ ...filled, channel: "none" })).toEqual({ channel: "none", voicemail: false });
});
