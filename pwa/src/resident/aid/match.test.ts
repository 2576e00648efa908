import { describe, expect, test, vi } from "vitest";

import { answerWith, mineOf } from "../reports/answers.fixture";
import type { Known } from "../reports/mylist";
import { look } from "./calls";
import { ageOf, answering, isMine, type Listing, ownFor, together } from "./match";
import { reasoned } from "./told";

const listing = (change: Partial<Listing> = {}): Listing => ({
  id: "l", direction: "request", need: "AID01", when: null, language: "en", distance: "under_500m",
  listed_at: "2026-03-02T09:00:00+00:00", ...change,
});

function own(kind: "aid_request" | "aid_offer", category: string, status = "sent"): Known {
  const mine = { ...mineOf(`${kind}-${category}-${status}`), kind, incident: { id: "i", grade: 4, category, status: "received" } };
  return { mine, kept: { at: 0, answer: answerWith({ status, incident: mine.incident }) } };
}

describe("my own report that can answer", () => {
  test.each([
    ["an offer answers a request", listing(), [own("aid_offer", "AID01")], "aid_offer-AID01-sent"],
    ["a request answers an offer", listing({ direction: "offer" }), [own("aid_request", "AID01")], "aid_request-AID01-sent"],
    ["not one of the same direction", listing(), [own("aid_request", "AID01")], undefined],
    ["not one about something else", listing(), [own("aid_offer", "AID03")], undefined],
    ["not one that is over", listing(), [own("aid_offer", "AID01", "closed"), own("aid_offer", "AID01", "withdrawn")], undefined],
    ["the newest of several", listing(), [own("aid_offer", "AID01", "seen"), own("aid_offer", "AID01")], "aid_offer-AID01-seen"],
    ["none where there is none", listing(), [], undefined],
  ] as const)("%s", (_, one, all, expected) => {
    expect(ownFor(one, all)?.clientId).toBe(expected);
  });

  test("what a desk has found it to be counts, not what was sent", () => {
    const known = own("aid_offer", "AID01");
    const moved = { ...known, kept: { at: 0, answer: answerWith({ incident: { id: "i", grade: 4, category: "AID03", status: "triaged" } }) } };
    expect(ownFor(listing(), [moved])).toBeUndefined();
  });

  test("one that was never asked about is known by its acknowledgement", () => {
    expect(ownFor(listing(), [{ mine: own("aid_offer", "AID01").mine }])?.kind).toBe(answering(listing()));
  });
});

describe("my own entry on the board", () => {
  const aid = { on_board: true, listing_id: "l" };
  test.each([
    ["known by the last answer", { mine: mineOf("a"), kept: { at: 0, answer: answerWith({ aid }) } }, true],
    ["known by what was acknowledged", { mine: { ...mineOf("a"), aid } }, true],
    ["not that of another report", { mine: mineOf("a"), kept: { at: 0, answer: answerWith({ aid: { ...aid, listing_id: "k" } }) } }, false],
    ["not where nothing is on the board", { mine: mineOf("a"), kept: { at: 0, answer: answerWith() } }, false],
  ] as const)("%s", (_, known, expected) => {
    expect(isMine(listing(), [known])).toBe(expected);
  });
});

describe("the board on the screen", () => {
  const at = (hours: number): number => Date.parse("2026-03-02T09:00:00Z") + hours * 3_600_000;

  test("tells no hours, which are not known", () => {
    expect(ageOf(listing(), at(0.5))).toBeUndefined();
    expect(ageOf(listing(), at(23.9))).toBeUndefined();
    expect(ageOf(listing(), at(49))).toContain("2 days");
  });

  test("shows once what moved between two pages", () => {
    expect(together([listing(), listing({ id: "b" })], [listing({ id: "b" }), listing({ id: "c" })]).map((one) => one.id)).toEqual(["l", "b", "c"]);
  });

  test("a refusal says its reason of this time", () => {
    const problem = { status: 409, code: "answer-refused", title: "No", advice: "In general" };
    expect(reasoned({ ...problem, detail: "This is your own." }).advice).toBe("This is your own.");
    expect(reasoned(problem).advice).toBe("In general");
  });
});

// The client takes the browser's way to the network when its module is first read.
const network = vi.hoisted(() => {
  const found: { sent?: Request } = {};
  globalThis.fetch = async (request) => {
    found.sent = request as Request;
    return new Response(JSON.stringify({ items: [], next_cursor: null }), { headers: { "Content-Type": "application/json" } });
  };
  return found;
});

describe("a look at the board", () => {
  test("sends a rough place in the body and nothing in the address", async () => {
    const fix = { lat: 30.456789, lon: 120.454321, accuracy_m: 8.2, taken_at: "2026-03-02T09:00:00.000Z" };
    const outcome = await look(fix, { direction: "offer", need: undefined });
    expect(outcome).toEqual({ is: "data", data: { items: [], next_cursor: null } });
    expect(new URL(network.sent?.url ?? "").search).toBe("");
    expect(await network.sent?.json()).toEqual({ near: { lat: 30.457, lon: 120.454 }, limit: 20, direction: "offer" });
  });
});
