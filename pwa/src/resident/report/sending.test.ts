import "fake-indexeddb/auto";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { toBase64 } from "../../outbox/envelope";
import type { Draft } from "../../outbox/outbox";
import { config } from "../../shared/config";
import { close, database, write } from "../../shared/db";
import { seal } from "../../shared/vault";
import { sendStraight } from "./direct";
import { forgetOthers, keeping } from "./keeping";
import { left, toldOf } from "./lately";
import { safely } from "./safely";
import { handOver, newId } from "./sending";

/** The wire, taken before the client is made; each test says what answers. */
const wire = vi.hoisted(() => {
  const found: { answer: (request: Request) => Promise<Response> } = { answer: () => Promise.reject(new TypeError("network")) };
  globalThis.fetch = ((request: Request) => found.answer(request)) as typeof fetch;
  return found;
});

const draft: Draft = { kind: "concern", text: "It smells of gas" };
const photo = (): Blob => new Blob([new Uint8Array([1, 2, 3])], { type: "image/jpeg" });
const built = config.value;

beforeEach(async () => {
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const point = toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
  config.value = { ...built, keys: { envelope: { id: "k1", point } } };
});
afterEach(async () => {
  vi.unstubAllGlobals();
  config.value = built;
  await close();
  await new Promise((done) => (indexedDB.deleteDatabase("linli").onsuccess = done));
});

const rows = async () => (await database()).getAll("outbox");
const photoKeys = async () => (await database()).getAllKeys("photos");

describe("handing over", () => {
  test("keeps it sealed until it is sent, under its id, and it can be undone", async () => {
    const id = newId();
    expect(await handOver({ id, draft, photos: [photo()] })).toBeUndefined();
    const [row] = await rows();
    expect(row).toMatchObject({ id, state: "waiting", urgent: false });
    expect(row?.photoIds).toEqual(await photoKeys());
    expect(JSON.stringify(row)).not.toContain("gas");
    expect(left(id)).toBeGreaterThan(0);
  });

  test("a mended report stays one, with the photos that it had but for those taken out", async () => {
    const id = newId();
    await handOver({ id, draft, photos: [photo(), photo()] });
    const [stays] = (await rows())[0]?.photoIds ?? [];
    await handOver({ id, draft: { ...draft, text: "Mended" }, photos: [photo()], held: [stays as string] });
    const all = await rows();
    expect(all).toHaveLength(1);
    expect(all[0]?.photoIds).toHaveLength(2);
    expect(all[0]?.photoIds[0]).toBe(stays);
    expect((await photoKeys()).toSorted()).toEqual([...(all[0]?.photoIds ?? [])].toSorted());
  });

  test("without the server's key it asks for it once more, and then says so", async () => {
    const asked = vi.fn(() => Promise.reject(new TypeError("network")));
    vi.stubGlobal("fetch", asked);
    config.value = built;
    expect(await handOver({ id: newId(), draft, photos: [] })).toEqual({ is: "no-key" });
    expect(asked).toHaveBeenCalledOnce();
    expect(await rows()).toEqual([]);
  });

  test("a phone that keeps nothing is found out", async () => {
    await close();
    const open = vi.spyOn(IDBFactory.prototype, "open").mockImplementation(() => {
      throw new DOMException("no", "SecurityError");
    });
    const id = newId();
    expect(await handOver({ id, draft, photos: [] })).toEqual({ is: "not-kept" });
    expect(left(id)).toBe(0);
    open.mockRestore();
  });

  test("an id can be made in a page that is not served safely", () => {
    vi.stubGlobal("crypto", { getRandomValues: (bytes: Uint8Array) => bytes.fill(0xff) });
    expect(newId()).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
  });
});

describe("sending straight", () => {
  const told = { id: "r", receipt: "AAAA", status: "sent", received_at: "2026-01-01T00:00:00Z", incident: {}, owner: {}, next_update_by: "" };
  const calls: { path: string; body?: { photo_ids: string[]; client_id: string } }[] = [];
  let fates: (Response | "lost")[] = [];

  beforeEach(() => {
    calls.length = 0;
    wire.answer = async (request) => {
      const path = new URL(request.url).pathname;
      calls.push(path.endsWith("reports") ? { path, body: await request.json() } : { path });
      const fate = fates.shift();
      if (fate === "lost" || !fate) throw new TypeError("network");
      return fate;
    };
  });

  test("a second try names the same photo and the same id", async () => {
    const ready = { id: newId(), draft, photos: [photo()] };
    fates = [Response.json({ id: "p1" }), "lost"];
    expect(await sendStraight(ready)).toEqual({ is: "offline" });
    fates = [Response.json(told, { status: 201 })];
    expect(await sendStraight(ready)).toBeUndefined();
    expect(calls.map((call) => call.path)).toEqual(["/api/v1/photos", "/api/v1/reports", "/api/v1/reports"]);
    expect(calls[1]?.body).toEqual(calls[2]?.body);
    expect(calls[2]?.body).toMatchObject({ client_id: ready.id, photo_ids: ["p1"] });
    expect(await (await database()).count("receipts")).toBe(1);
    expect(toldOf(ready.id)).toBeUndefined();
  });

  test.each([
    [409, "client-id-reused", { is: "twice" }],
    [422, "behaviour-first", { is: "problem", problem: { code: "behaviour-first", title: "x", status: 422 } }],
    [503, "busy", { is: "offline" }],
  ])("an answer of %d %s is said as it is", async (status, code, expected) => {
    fates = [Response.json({ code, title: "x" }, { status })];
    expect(await sendStraight({ id: newId(), draft, photos: [] })).toEqual(expected);
  });
});

describe("a report that is being written", () => {
  const begun = { id: "i", words: { text: "half a sen" } };

  test("comes back after a reload, photos too, and is sealed meanwhile", async () => {
    const kept = keeping("d");
    kept.save(begun);
    kept.savePhotos([photo()]);
    kept.flush();
    await vi.waitFor(async () => expect(await (await database()).getAllKeys("values")).toEqual(["d", "d-photos", "vault-key"]));
    const found = await keeping("d").restore();
    expect(found?.begun).toEqual(begun);
    expect(new Uint8Array((await found?.photos[0]?.arrayBuffer()) as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
    const stored = (await (await database()).get("values", "d")) as { box: ArrayBuffer };
    expect(new TextDecoder().decode(stored.box)).not.toContain("half");
  });

  test("is gone when it is forgotten, also what still waited to be written", async () => {
    const kept = keeping("d");
    kept.save(begun);
    kept.flush();
    kept.save({ ...begun, words: { text: "more" } });
    await kept.forget();
    expect(await kept.restore()).toBeUndefined();
  });

  test("of a report that waits no longer is let go of", async () => {
    for (const name of ["d", "d:1", "d:1-photos", "d:2"]) await (await database()).put("values", {}, name);
    await forgetOthers("d:", ["2"]);
    expect(await (await database()).getAllKeys("values")).toEqual(["d", "d:2"]);
  });

  test("whose key is gone does not come back", async () => {
    const kept = keeping("d");
    kept.save(begun);
    kept.flush();
    await vi.waitFor(async () => expect(await kept.restore()).toBeDefined());
    await (await database()).delete("values", "vault-key");
    expect(await kept.restore()).toBeUndefined();
  });
});

describe("how a person is safe to be reached", () => {
  const way = { channel: "email", address: "mei@example.org", voicemail: false, code_word: "lantern" };
  const said: Draft = { kind: "concern", text: "The lamp is broken" };

  test("goes with every report, without the address", async () => {
    await write("safe-contact", await seal(way, "safe-contact"));
    expect(await safely(said)).toEqual({ ...said, safe_contact: { channel: "email", voicemail: false, code_word: "lantern" } });
  });

  test("does not go with one that is anonymous", async () => {
    await write("safe-contact", await seal(way, "safe-contact"));
    expect(await safely({ ...said, anonymous: true })).toEqual({ ...said, anonymous: true });
  });

  test("is left out where none was set", async () => {
    expect(await safely(said)).toEqual(said);
  });
});
