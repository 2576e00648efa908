import "fake-indexeddb/auto";

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { type ServerKey, toBase64 } from "../../outbox/envelope";
import { close, database } from "../../shared/db";
import { mineOf } from "./answers.fixture";
import { dropNote, dropNotesOf, keepNote, lookAtNotes, notes, sendNotes, tryAgain } from "./notes";

type Fate = "lost-before" | "lost-after" | number;

/** A thread as the server keeps it: a message once by its key, and it can be made to fail. */
class Thread {
  messages: { from: string; words: string; at: string }[] = [];
  /** How often a message was posted, with or without success. */
  posts = 0;
  fate: Fate[] = [];
  keys = new Set<string>();

  constructor() {
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => this.answer(path, init));
  }

  /** What each photo meets, in order; then it is taken. */
  photoFate: Fate[] = [];
  photos = new Set<string>();
  enclosed: string[][] = [];

  private takePhoto(id: string): Response {
    const fate = this.photoFate.shift();
    if (fate === "lost-before") throw new TypeError("network");
    if (typeof fate === "number") return Response.json({}, { status: fate });
    this.photos.add(id);
    return Response.json({ id }, { status: 201 });
  }

  private async answer(path: string, init: RequestInit): Promise<Response> {
    if (path === "/api/v1/sealed-photos") return this.takePhoto(JSON.parse(String(init.body)).id);
    if (path === "/api/v1/receipt") return Response.json({ messages: this.messages });
    this.posts += 1;
    const fate = this.fate.shift();
    if (fate === "lost-before") throw new TypeError("network");
    if (typeof fate === "number") return Response.json({ code: "no", title: "No", status: fate }, { status: fate });
    const headers = new Headers(init.headers);
    expect(headers.get("Authorization")).toBe("Receipt 7KQF-2M9D-X4TB-0WHR");
    const said = JSON.parse(String(init.body)) as { text?: string; photo_ids?: string[] };
    this.enclosed.push(said.photo_ids ?? []);
    this.take(headers.get("Idempotency-Key") ?? "", said.text ?? "");
    if (fate === "lost-after") throw new TypeError("network");
    return Response.json({ messages: this.messages });
  }

  private take(key: string, words: string): void {
    if (!this.keys.has(key)) this.messages.push({ from: "me", words, at: new Date().toISOString() });
    this.keys.add(key);
  }

  get words(): string[] {
    return this.messages.map((one) => one.words);
  }
}

describe("messages that wait", () => {
  let thread: Thread;

  beforeEach(async () => {
    await close();
    indexedDB.deleteDatabase("linli");
    await lookAtNotes();
    thread = new Thread();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const waiting = () => notes.value.map((note) => note.text);

  test("is sent once and removed when the server has it", async () => {
    await keepNote(mineOf("a"), "She is 82");
    expect(await sendNotes()).toBe(1);
    expect(await sendNotes()).toBe(0);
    expect([thread.words, waiting(), thread.posts]).toEqual([["She is 82"], [], 1]);
  });

  test("two flushes at once send it once", async () => {
    await keepNote(mineOf("a"), "She is 82");
    await Promise.all([sendNotes(), sendNotes()]);
    expect([thread.words, waiting()]).toEqual([["She is 82"], []]);
  });

  test.each<Fate>(["lost-before", "lost-after", 500, 503, 408, 412, 425, 429])("is kept at %s and sent later, never doubled", async (fate) => {
    thread.fate = [fate];
    await keepNote(mineOf("a"), "She is 82");
    expect(await sendNotes()).toBe(0);
    expect(waiting()).toEqual(["She is 82"]);
    expect(await sendNotes()).toBe(1);
    expect([thread.words, waiting()]).toEqual([["She is 82"], []]);
  });

  test("they go in the order in which they were written, and none overtakes one that failed", async () => {
    await keepNote(mineOf("a"), "first", undefined, 1000);
    await keepNote(mineOf("a"), "second", undefined, 2000);
    thread.fate = ["lost-before"];
    await sendNotes();
    expect([thread.words, thread.posts]).toEqual([[], 1]);
    await sendNotes();
    expect(thread.words).toEqual(["first", "second"]);
  });

  test("one that is refused needs attention and holds up no other", async () => {
    await keepNote(mineOf("a"), "too long", undefined, 1000);
    await keepNote(mineOf("b"), "fine", undefined, 2000);
    thread.fate = [422];
    expect(await sendNotes()).toBe(1);
    expect(notes.value.map((note) => [note.text, note.problem?.status])).toEqual([["too long", 422]]);
    await sendNotes();
    expect(thread.posts).toBe(2);
    await tryAgain(notes.value[0]?.id ?? "");
    expect(await sendNotes()).toBe(1);
    expect(thread.words).toEqual(["fine", "too long"]);
  });

  test("what the server did although its answer was not kept counts as sent", async () => {
    await keepNote(mineOf("a"), "She is 82");
    vi.stubGlobal("fetch", async () => Response.json({ code: "already-done" }, { status: 409 }));
    expect([await sendNotes(), waiting()]).toEqual([1, []]);
  });

  test("one whose answer was lost days ago is looked for before it is sent again", async () => {
    thread.fate = ["lost-after"];
    await keepNote(mineOf("a"), "She is 82");
    await sendNotes();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3 * 86_400_000 });
    thread.keys.clear();
    expect(await sendNotes()).toBe(1);
    expect([thread.words, waiting()]).toEqual([["She is 82"], []]);
  });

  test("one that never arrived is sent again after days", async () => {
    thread.fate = ["lost-before"];
    await keepNote(mineOf("a"), "She is 82");
    await sendNotes();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3 * 86_400_000 });
    expect(await sendNotes()).toBe(1);
    expect(thread.words).toEqual(["She is 82"]);
  });

  test("one that was dropped while it was on its way does not come back", async () => {
    const id = await keepNote(mineOf("a"), "She is 82");
    vi.stubGlobal("fetch", async () => {
      await dropNote(id);
      return Response.json({ code: "no" }, { status: 422 });
    });
    await sendNotes();
    expect(waiting()).toEqual([]);
  });

  test("forgetting a report drops its messages and no others", async () => {
    await keepNote(mineOf("a"), "mine", undefined, 1000);
    await keepNote(mineOf("b"), "other", undefined, 2000);
    await dropNotesOf("a");
    expect(waiting()).toEqual(["other"]);
  });

  describe("with photos", () => {
    const photos = [new Blob(["one"]), new Blob(["two"])];
    let server: ServerKey;
    const left = async () => (await database()).getAll("photos");

    beforeEach(async () => {
      const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
      server = { id: "k1", point: toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))) };
    });

    test("send them first and name them, and nothing stays behind", async () => {
      await keepNote(mineOf("a"), "", { photos, server });
      expect(await left()).toHaveLength(2);
      expect(await sendNotes()).toBe(1);
      expect(thread.enclosed.map((ids) => ids.toSorted())).toEqual([[...thread.photos].toSorted()]);
      expect([await left(), waiting()]).toEqual([[], []]);
    });

    test("wait whole for the network, and are sent once", async () => {
      await keepNote(mineOf("a"), "See here", { photos, server });
      thread.photoFate = ["lost-before"];
      thread.fate = ["lost-after"];
      expect([await sendNotes(), await sendNotes(), thread.posts]).toEqual([0, 0, 1]);
      expect(await sendNotes()).toBe(1);
      expect([thread.words, thread.photos.size, await left()]).toEqual([["See here"], 2, []]);
      expect(new Set(thread.enclosed.map(String)).size).toBe(1);
    });

    test("leave out a photo that the server cannot read, and never send a message with nothing in it", async () => {
      await keepNote(mineOf("a"), "", { photos, server }, 1_000);
      thread.photoFate = [422, 422];
      expect(await sendNotes()).toBe(0);
      expect([thread.posts, notes.value[0]?.problem?.code]).toEqual([0, "no-photo"]);
      await keepNote(mineOf("a"), "And so", { photos, server }, 2_000);
      thread.photoFate = [422];
      expect(await sendNotes()).toBe(1);
      expect(thread.enclosed.at(-1)).toHaveLength(1);
    });

    test("take their photos with them when they are dropped", async () => {
      const id = await keepNote(mineOf("a"), "", { photos, server });
      await dropNote(id);
      expect([await left(), waiting()]).toEqual([[], []]);
    });

    test("that a full phone cannot keep leave nothing of themselves", async () => {
      const put = IDBObjectStore.prototype.put;
      vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...given) {
        if (this.name === "values") throw new DOMException("full", "QuotaExceededError");
        return put.apply(this, given);
      });
      await expect(keepNote(mineOf("a"), "", { photos, server })).rejects.toThrow();
      vi.restoreAllMocks();
      expect([await left(), waiting()]).toEqual([[], []]);
    });
  });

  test("nothing that is kept can be read without the key", async () => {
    const id = await keepNote(mineOf("a"), "She is 82");
    const raw = (await (await database()).get("values", `note:${id}`)) as { box: ArrayBuffer };
    const bytes = new TextDecoder().decode(raw.box);
    expect(bytes).not.toContain("She is 82");
    expect(bytes).not.toContain("7KQF");
  });
});
