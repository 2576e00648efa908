import { describe, expect, test } from "vitest";

import { type Answer, isLate, sentenceOf } from "./answer";
import { answerWith } from "./answers.fixture";

const proven = (...what: string[]): Answer["deliveries"] =>
  ["told", "seen", "coming", "arrived"].map((one) => ({ what: one, at: what.includes(one) ? "2026-03-02T09:30:00+00:00" : null, words: "" }));

describe("the one sentence of a report", () => {
  test.each([
    ["sent", {}, "stand.sent"],
    ["a status that this page does not know", { status: "resting" }, "stand.sent"],
    ["told to a desk, but read by nobody", { deliveries: proven("told") }, "stand.sent"],
    ["seen", { status: "seen", state: "triaged" }, "stand.seen"],
    ["seen, although somebody else was asked", { status: "seen", state: "offered", deliveries: proven("seen") }, "stand.seen"],
    ["taken on", { status: "handled", state: "accepted" }, "stand.handled"],
    ["somebody is coming", { status: "handled", state: "in_progress", deliveries: proven("coming") }, "stand.coming"],
    ["somebody arrived", { status: "handled", state: "in_progress", deliveries: proven("coming", "arrived") }, "stand.arrived"],
    ["waiting for something, though somebody had come", { status: "handled", state: "waiting", deliveries: proven("arrived") }, "stand.on_hold"],
    ["under control", { status: "handled", state: "stabilised" }, "stand.stabilised"],
    ["being checked", { status: "handled", state: "goals_checked" }, "stand.checking"],
    ["with another service", { status: "handled", state: "not_ours_handed_over" }, "stand.handed_over"],
    ["joined with another", { status: "handled", state: "merged" }, "stand.merged"],
    ["closed", { status: "closed", state: "closed", allowed: [] }, "stand.closed"],
    ["closed, and can be opened again", { status: "closed", state: "closed", allowed: ["reopen"] }, "stand.closed_open"],
    ["taken back, and the work ended", { status: "withdrawn", state: "withdrawn", allowed: [] }, "stand.withdrawn"],
    ["taken back, but the work goes on", { status: "withdrawn", state: "in_progress", allowed: [] }, "stand.withdrawn_on"],
  ])("%s", (_, change, sentence) => {
    expect(sentenceOf(answerWith(change))).toBe(sentence);
  });
});

describe("promised news", () => {
  const due = Date.parse("2026-03-02T10:00:00+00:00");
  test.each([
    ["is not late before its time", {}, due - 1, false],
    ["is late after it", {}, due + 1, true],
    ["is not promised when nothing is due", { next_update_by: null }, due + 1, false],
    ["is not promised for what is closed", { status: "closed" }, due + 1, false],
  ])("%s", (_, change, now, expected) => {
    expect(isLate(answerWith(change), now)).toBe(expected);
  });
});
