import "fake-indexeddb/auto";

import { beforeEach, describe, expect, test } from "vitest";

import { remember } from "../../outbox/mine";
import { close, database } from "../../shared/db";
import { updates } from "../updates";
import { answerWith, contact, message, mineOf, step } from "./answers.fixture";
import { forgetReport, keepAnswer, keptAnswer, markLooked } from "./kept";
import { allKnown, stillOpen } from "./mylist";
import { markOf, newsOf } from "./news";

describe("news of a report", () => {
  const looked = markOf(answerWith({ status: "seen", messages: [message("linli")], timeline: [step("received"), step("seen")] }));
  test.each([
    ["nothing since it was sent", answerWith(), undefined, undefined],
    ["a first message", answerWith({ messages: [message("linli")] }), undefined, "message"],
    ["only my own message", answerWith({ messages: [message("me")] }), undefined, undefined],
    ["another status", answerWith({ status: "seen" }), undefined, "status"],
    ["what the server itself says at once", answerWith({ messages: [message("linli", 0)], timeline: [step("received"), step("looked_at")] }), undefined, undefined],
    ["seen by a person in the first moment", answerWith({ status: "seen", timeline: [step("received"), step("seen")] }), undefined, "status"],
    ["another step at the same status", answerWith({ timeline: [step("received"), step("looked_at", 5)] }), undefined, "step"],
    ["a message counts before a status", answerWith({ status: "seen", messages: [message("linli")] }), undefined, "message"],
    ["all of it looked at", answerWith({ status: "seen", messages: [message("linli")], timeline: [step("received"), step("seen")] }), looked, undefined],
    ["a neighbour wrote", answerWith({ matches: [contact("other")] }), undefined, "message"],
    ["I wrote to a neighbour", answerWith({ matches: [contact("me")] }), undefined, undefined],
    ["opened again after it was looked at", answerWith({ status: "handled", messages: [message("linli")] }), looked, "status"],
  ] as const)("%s", (_, answer, mark, expected) => {
    expect(newsOf(answer, mark)).toBe(expected);
  });
});

describe("what this phone remembers", () => {
  beforeEach(async () => {
    await close();
    indexedDB.deleteDatabase("linli");
    updates.value = 0;
  });

  test("counts the reports with news that nobody looked at, and no longer when they were looked at", async () => {
    const answers = { a: answerWith({ status: "seen" }), b: answerWith(), c: answerWith({ messages: [message("linli")] }) };
    for (const [id, answer] of Object.entries(answers)) {
      await remember(mineOf(id));
      await keepAnswer(id, answer);
    }
    await allKnown();
    expect(updates.value).toBe(2);
    await markLooked("a", answers.a);
    await markLooked("c", answers.c);
    await allKnown();
    expect(updates.value).toBe(0);
  });

  test("a report that was never asked about is no news", async () => {
    await remember(mineOf("a"));
    const [only] = await allKnown();
    expect([only?.kept, only?.news, updates.value]).toEqual([undefined, undefined, 0]);
  });

  test("asks at the start only about what is still open, the newest first", async () => {
    for (const [at, id] of ["a", "b", "c"].entries()) await remember({ ...mineOf(id), received_at: `2026-03-0${at + 1}T09:00:00Z` });
    await keepAnswer("b", answerWith({ status: "closed" }));
    expect(stillOpen(await allKnown(), 5).map((mine) => mine.clientId)).toEqual(["c", "a"]);
    expect(stillOpen(await allKnown(), 1).map((mine) => mine.clientId)).toEqual(["c"]);
  });

  test("what is kept cannot be read without the key, and is gone when the report is forgotten", async () => {
    await remember(mineOf("a"));
    await keepAnswer("a", answerWith());
    await markLooked("a", answerWith());
    const raw = (await (await database()).get("values", "answer:a")) as { box: ArrayBuffer };
    expect(new TextDecoder().decode(raw.box)).not.toContain("railing");
    await forgetReport("a");
    expect([await keptAnswer("a"), await allKnown()]).toEqual([undefined, []]);
    expect(await (await database()).getAllKeys("values")).toEqual(["vault-key"]);
  });
});
