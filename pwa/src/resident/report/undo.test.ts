import "fake-indexeddb/auto";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { oneOfMine, remember } from "../../outbox/mine";
import type { Mine, Waiting } from "../../outbox/outbox";
import { close, database } from "../../shared/db";
import { begin, beginIfFresh, left, tell, UNDO_MS } from "./lately";
import { takeBack, type Undo, undoOf } from "./undo";

describe("what a tap on Undo would do", () => {
  const sent = { status: "sent" };
  test.each<[string, Parameters<typeof undoOf>[0], number, Undo]>([
    ["it waits, this moment", { waits: true }, 9000, "drop"],
    ["it waits, for long", { waits: true }, 0, "drop"],
    ["the server has it, this moment", { waits: false, mine: sent }, 1, "withdraw"],
    ["the server has it although a row still waits", { waits: true, mine: sent }, 1, "withdraw"],
    ["the server has it for long", { waits: false, mine: sent }, 0, "none"],
    ["it is taken back already", { waits: false, mine: { status: "withdrawn" } }, 9000, "none"],
    ["it needs attention, which has a screen of its own", { waits: false }, 9000, "none"],
  ])("%s", (_, state, leftMs, expected) => {
    expect(undoOf(state, leftMs)).toBe(expected);
  });
});

describe("the moment", () => {
  test("is ten seconds by a clock that nobody can set", () => {
    begin("a", 1000);
    expect([left("a", 1000), left("a", 4000), left("a", 11_000), left("a", 99_000), left("b", 0)]).toEqual([UNDO_MS, 7000, 0, 0, 0]);
  });

  test.each([["c1", 500, true], ["c2", 11_000, false], ["c3", -60_000, false]])("%s: written %d ms ago", (id, ago, isFresh) => {
    beginIfFresh(id, 1_000_000 - ago, 1_000_000);
    expect(left(id) > 0).toBe(isFresh);
  });
});

describe("taking it back", () => {
  const id = "3f0f5f0e-0000-4000-8000-000000000001";
  const mine: Mine = {
    clientId: id, kind: "concern", title: "", id: "r", receipt: "AAAA-BBBB-CCCC-DDDD", status: "sent", received_at: "2026-01-01T00:00:00Z",
    incident: { id: "i", grade: 3, category: null, status: "received" }, owner: { label: "Desk" }, next_update_by: "2026-01-01T01:00:00Z",
  };
  const envelope = { key: "k", point: "p", iv: "i", box: "b" };
  const row = (attempts: number): Waiting => ({
    id, urgent: false, kind: "concern", createdAt: 1, envelope, photoIds: [], state: "waiting", attempts, nextAt: 0,
  });
  let busy: (() => Promise<void>) | undefined;
  const answer = vi.fn<(request: Request) => Promise<Response>>();

  beforeEach(() => {
    const request = async (_name: string, ...rest: unknown[]): Promise<unknown> => {
      const act = rest.at(-1) as (lock: object | null) => unknown;
      if (rest.length > 1 && busy) return act(null);
      await busy?.();
      busy = undefined;
      return act({});
    };
    vi.stubGlobal("navigator", { locks: { request } });
    vi.stubGlobal("fetch", answer);
    answer.mockReset();
  });
  afterEach(async () => {
    vi.unstubAllGlobals();
    busy = undefined;
    await close();
    indexedDB.deleteDatabase("linli");
  });

  test("what was never tried was not sent", async () => {
    await (await database()).put("outbox", row(0));
    expect(await takeBack(id)).toEqual({ is: "unsent" });
    expect(await (await database()).count("outbox")).toBe(0);
    expect(answer).not.toHaveBeenCalled();
  });

  test("what was tried before may have arrived", async () => {
    await (await database()).put("outbox", row(2));
    expect(await takeBack(id)).toEqual({ is: "unsure" });
  });

  test("what arrives while it is taken back is withdrawn by its receipt", async () => {
    await (await database()).put("outbox", row(0));
    busy = () => remember(mine);
    answer.mockResolvedValue(Response.json({ status: "withdrawn" }));
    expect(await takeBack(id)).toEqual({ is: "withdrawn" });
    const request = answer.mock.calls[0]?.[0];
    expect(request?.url).toMatch(/\/api\/v1\/receipt\/withdraw$/);
    expect(request?.headers.get("Authorization")).toBe(`Receipt ${mine.receipt}`);
    expect(await oneOfMine(id)).toMatchObject({ status: "withdrawn", receipt: mine.receipt });
  });

  test("what is refused while it is taken back does not come back", async () => {
    await (await database()).put("outbox", row(0));
    busy = async () => void (await (await database()).put("outbox", { ...row(1), state: "attention" }));
    expect(await takeBack(id)).toEqual({ is: "unsure" });
    expect(await (await database()).count("outbox")).toBe(0);
  });

  test.each([
    ["no network", () => Promise.reject(new TypeError("network")), { is: "offline" }],
    ["a refusal", () => Promise.resolve(Response.json({ code: "barred", title: "No" }, { status: 409 })),
      { is: "problem", problem: { code: "barred", title: "No", status: 409 } }],
  ])("with %s it stays as it was", async (_, fate, expected) => {
    await remember(mine);
    answer.mockImplementation(fate);
    expect(await takeBack(id)).toEqual(expected);
    expect(await oneOfMine(id)).toEqual(mine);
  });

  test("what only this page knows is withdrawn too", async () => {
    const here = { ...mine, clientId: "told-here" };
    tell(here);
    answer.mockResolvedValue(Response.json({ status: "withdrawn" }));
    expect(await takeBack("told-here")).toEqual({ is: "withdrawn" });
  });
});
