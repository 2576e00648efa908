import "fake-indexeddb/auto";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { close, database } from "../shared/db";
import { fromBase64, type ServerKey, toBase64 } from "./envelope";
import { allMine } from "./mine";
import * as outbox from "./outbox";

/** A server as ours behaves: it opens envelopes, keeps a report once by its id, and can be made to fail. */
class Server {
  readonly reports = new Map<string, Record<string, unknown>>();
  readonly photos = new Set<string>();
  calls: string[] = [];
  /** How many calls are under way, and the most that were at once. */
  private underWay = 0;
  mostAtOnce = 0;
  /** What the next calls meet, in order: a status, or a fault before or after the report was stored. */
  fate: ("lost-before" | "lost-after" | number)[] = [];

  private constructor(
    private readonly pair: CryptoKeyPair,
    readonly key: ServerKey,
  ) {}

  static async start(): Promise<Server> {
    const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const point = toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
    const server = new Server(pair, { id: "k1", point });
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => server.answer(path, init));
    return server;
  }

  private async answer(path: string, init: RequestInit): Promise<Response> {
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.underWay);
    await new Promise((go) => setTimeout(go, 1));
    return this.met(path, init).finally(() => (this.underWay -= 1));
  }

  private async met(path: string, init: RequestInit): Promise<Response> {
    this.calls.push(path);
    const fate = this.fate.shift();
    if (fate === "lost-before") throw new TypeError("network");
    if (typeof fate === "number") {
      const problem = { code: "refused", title: "No", status: fate, sent: { kind: "concern", text: "as it was" } };
      return new Response(JSON.stringify(problem), { status: fate, headers: fate === 429 ? { "Retry-After": "60" } : {} });
    }
    const body = JSON.parse(String(init.body));
    const answer = path.endsWith("photos") ? this.takePhoto(body) : await this.takeReport(body);
    if (fate === "lost-after") throw new TypeError("network");
    return answer;
  }

  private takePhoto(body: { id: string }): Response {
    this.photos.add(body.id);
    return new Response(JSON.stringify({ id: body.id }), { status: 201 });
  }

  private async takeReport(body: { client_id: string; photo_ids: string[]; envelope: Record<string, string> }): Promise<Response> {
    const known = this.reports.has(body.client_id);
    const plain = await this.open(body.envelope, body.client_id);
    if (!known) this.reports.set(body.client_id, { ...plain, photo_ids: body.photo_ids });
    const told = {
      id: `r-${body.client_id}`, receipt: "AAAA-BBBB-CCCC-DDDD", status: "sent", received_at: "2026-03-02T09:00:00+00:00",
      incident: { id: "i", grade: 4, category: null, status: "received" }, owner: { label: "Desk" },
      next_update_by: "2026-03-02T10:00:00+00:00",
    };
    return new Response(JSON.stringify(told), { status: known ? 200 : 201 });
  }

  private async open(envelope: Record<string, string>, id: string): Promise<Record<string, unknown>> {
    const salt = fromBase64(envelope["point"] ?? "");
    const theirs = await crypto.subtle.importKey("raw", salt, { name: "ECDH", namedCurve: "P-256" }, false, []);
    const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, this.pair.privateKey, 256);
    const from = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
    const info = new TextEncoder().encode("linli-envelope-1");
    const key = await crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info }, from, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
    const iv = fromBase64(envelope["iv"] ?? "");
    const additionalData = new TextEncoder().encode(id);
    const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, fromBase64(envelope["box"] ?? ""));
    return JSON.parse(new TextDecoder().decode(plain)) as Record<string, unknown>;
  }
}

let server: Server;
const words = { kind: "concern", text: "The lamp is broken 灯坏了" } as const;

beforeEach(async () => {
  server = await Server.start();
});

afterEach(async () => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await close();
  await new Promise<void>((done, failed) => {
    const gone = indexedDB.deleteDatabase("linli");
    gone.onsuccess = () => done();
    gone.onerror = () => failed(gone.error ?? new Error("not deleted"));
  });
});

async function rows(): Promise<outbox.Waiting[]> {
  return (await database()).getAll("outbox");
}

describe("a report", () => {
  test("is written first, then sent, then remembered by its receipt", async () => {
    const id = await outbox.put(words, { server: server.key });
    expect((await rows()).map((row) => row.state)).toEqual(["waiting"]);
    expect(await outbox.flush()).toBeUndefined();
    expect(server.reports.get(id)).toMatchObject(words);
    expect(await rows()).toEqual([]);
    expect((await allMine()).map((one) => [one.clientId, one.receipt])).toEqual([[id, "AAAA-BBBB-CCCC-DDDD"]]);
  });

  test("waits sealed: nothing on the phone reads as what was written", async () => {
    await outbox.put(words, { server: server.key });
    expect(JSON.stringify(await rows())).not.toMatch(/lamp|灯/);
  });

  test.each(["lost-before", "lost-after", 500, 503, 429, 408] as const)("that meets %s is sent again and is one", async (fate) => {
    server.fate = [fate];
    await outbox.put(words, { server: server.key });
    const wait = await outbox.flush();
    expect(wait).toBeGreaterThan(0);
    expect((await rows())[0]).toMatchObject({ state: "waiting", attempts: 1 });
    await outbox.hurry();
    expect(await outbox.flush()).toBeUndefined();
    expect(server.reports.size).toBe(1);
    expect(await allMine()).toHaveLength(1);
  });

  test("waits as long as the server asks", async () => {
    server.fate = [429];
    await outbox.put(words, { server: server.key });
    expect(await outbox.flush()).toBeGreaterThan(55_000);
  });

  test.each([400, 409, 413, 422])("that is refused with %s needs attention, and mended it stays one", async (status) => {
    server.fate = [status];
    const id = await outbox.put(words, { server: server.key });
    await outbox.flush();
    expect((await rows())[0]).toMatchObject({ state: "attention", problem: { status, sent: { text: "as it was" } } });
    await outbox.flush();
    expect(server.calls).toHaveLength(1);
    expect(await outbox.put({ ...words, text: "mended" }, { server: server.key, id })).toBe(id);
    await outbox.flush();
    expect(server.reports.get(id)).toMatchObject({ text: "mended" });
    expect(await rows()).toEqual([]);
  });

  test("that is not kept says so, and nothing of it is kept", async () => {
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    await expect(outbox.put(words, { server: server.key })).rejects.toBeInstanceOf(outbox.NotKept);
    vi.restoreAllMocks();
    expect(await rows()).toEqual([]);
  });

  test("that was dropped is gone with its photos", async () => {
    const id = await outbox.put(words, { server: server.key, photos: [new Blob(["x"])] });
    await outbox.drop(id);
    expect(await rows()).toEqual([]);
    expect(await (await database()).getAll("photos")).toEqual([]);
  });

  test("is not held back by a clock that was set back", async () => {
    server.fate = ["lost-before"];
    await outbox.put(words, { server: server.key });
    await outbox.flush();
    vi.useFakeTimers({ now: Date.now() - 86_400_000, toFake: ["Date"] });
    expect(await outbox.flush()).toBeUndefined();
    expect(server.reports.size).toBe(1);
  });

  test("survives that the phone dies between the server's answer and its own note of it", async () => {
    await outbox.put(words, { server: server.key });
    const keep = vi.spyOn(IDBObjectStore.prototype, "delete").mockImplementationOnce(() => {
      throw new DOMException("gone", "AbortError");
    });
    await outbox.flush().catch(() => undefined);
    keep.mockRestore();
    expect(await rows()).toHaveLength(1);
    await outbox.hurry();
    await outbox.flush();
    expect(server.reports.size).toBe(1);
    expect(await rows()).toEqual([]);
  });
});

describe("photos", () => {
  const photos = [new Blob(["one"]), new Blob(["two"])];

  test("go before their report, which names them", async () => {
    const id = await outbox.put(words, { server: server.key, photos });
    await outbox.flush();
    expect(server.calls.map((path) => path.slice(15))).toEqual(["photos", "photos", "reports"]);
    expect(new Set(server.reports.get(id)?.["photo_ids"] as string[])).toEqual(server.photos);
    expect(await (await database()).getAll("photos")).toEqual([]);
  });

  test("that the server cannot read are left out, and the report goes", async () => {
    server.fate = [422];
    const id = await outbox.put(words, { server: server.key, photos });
    await outbox.flush();
    expect(server.reports.get(id)?.["photo_ids"]).toHaveLength(1);
  });

  test("hold a calm report until they are through", async () => {
    server.fate = ["lost-before"];
    await outbox.put(words, { server: server.key, photos });
    await outbox.flush();
    expect(server.reports.size).toBe(0);
    expect(await rows()).toHaveLength(1);
  });

  test("never hold an urgent one", async () => {
    server.fate = ["lost-before", "lost-before"];
    const id = await outbox.put({ ...words, danger_now: true }, { server: server.key, photos });
    await outbox.flush();
    expect(server.reports.get(id)?.["photo_ids"]).toEqual([]);
  });
});

describe("many", () => {
  test("an SOS goes first, whenever it came", async () => {
    for (let at = 0; at < 3; at++) await outbox.put({ ...words, text: `${at}` }, { server: server.key });
    const sos = await outbox.put({ kind: "distress", danger_now: true }, { server: server.key });
    await outbox.flush();
    expect([...server.reports.keys()][0]).toBe(sos);
    expect(server.reports.size).toBe(4);
  });

  test.each([1, 2, 3, 4, 5])("two tabs and a worker lose none and double none, whatever fails (%s)", async (seed) => {
    let state = seed;
    const dice = (): number => (state = (state * 16_807) % 2_147_483_647) / 2_147_483_647;
    vi.stubGlobal("navigator", {});
    const tabs = await Promise.all([0, 1, 2].map(async () => {
      vi.resetModules();
      return (await import("./outbox")) as typeof outbox;
    }));
    const ids = await Promise.all([...Array(12).keys()].map((at) => tabs[at % 3]?.put({ ...words, text: `${at}` }, { server: server.key })));
    server.fate = [...Array(20)].map(() => (["lost-before", "lost-after", 503] as const)[Math.floor(dice() * 3)] ?? 503);
    for (let round = 0; round < 30 && (await rows()).length > 0; round++) {
      await Promise.all(tabs.map(async (tab) => {
        await new Promise((go) => setTimeout(go, dice() * 3));
        await tab.hurry();
        await tab.flush();
      }));
    }
    // Without the browser's locks, which would keep them apart, they are truly at it at the same time.
    expect([navigator.locks, server.mostAtOnce > 1]).toEqual([undefined, true]);
    expect(await rows()).toEqual([]);
    expect([...server.reports.keys()].sort()).toEqual([...ids].sort());
    expect(new Set((await allMine()).map((one) => one.clientId))).toEqual(new Set(ids));
  });
});
