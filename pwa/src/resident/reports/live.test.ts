import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { config } from "../../shared/config";
import { addressOf, type Line, listen } from "./live";

const PAGE = { protocol: "https:", hostname: "linli.example" };

test.each<[object | undefined, string | undefined]>([
  [{ port: null }, "/api/v1/receipt/stream"],
  [{ port: 8001 }, "https://linli.example:8001/api/v1/receipt/stream"],
  [undefined, undefined],
])("with %j the stream is at %s", (stream, expected) => {
  expect(addressOf(stream as never, PAGE)).toBe(expected);
});

const inTruth = setTimeout;

/** A stream whose bytes the test sends. */
class Road {
  calls: { address: string; receipt: string | null; signal: AbortSignal }[] = [];
  status = 200;
  private pipe: ReadableStreamDefaultController<Uint8Array> | undefined;

  answer = async (address: string, init: RequestInit): Promise<Response> => {
    const signal = init.signal as AbortSignal;
    this.calls.push({ address, receipt: new Headers(init.headers).get("Authorization"), signal });
    if (this.status === 0) throw new TypeError("network");
    const body = new ReadableStream<Uint8Array>({
      start: (pipe) => {
        this.pipe = pipe;
        signal.addEventListener("abort", () => pipe.error(new DOMException("gone", "AbortError")));
      },
    });
    return new Response(body, { status: this.status, headers: { "Content-Type": "text/event-stream; charset=utf-8" } });
  };

  say(text: string): void {
    this.pipe?.enqueue(new TextEncoder().encode(text));
  }

  close(): void {
    this.pipe?.close();
  }
}

describe("a line", () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  let road: Road;
  let line: Line | undefined;
  let news = 0;

  const begin = (): void => void (line = listen("AAAA-BBBB", () => (news += 1)));
  const pass = async (ms: number): Promise<void> => {
    await vi.advanceTimersByTimeAsync(ms);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    await new Promise((done) => inTruth(done, 1));
  };

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    road = new Road();
    news = 0;
    page.visibilityState = "visible";
    vi.stubGlobal("document", page);
    vi.stubGlobal("window", new EventTarget());
    vi.stubGlobal("location", PAGE);
    vi.stubGlobal("fetch", road.answer);
    config.value = { ...config.value, stream: { port: null } };
  });
  afterEach(() => {
    line?.end();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("rings when it begins and at each change, however its bytes are cut, and says the receipt in the header alone", async () => {
    begin();
    await pass(0);
    road.say("event: open\ndata: {}\n\n");
    await pass(0);
    expect([news, line?.isLive()]).toEqual([1, true]);
    road.say("event: chan");
    await pass(0);
    road.say("ged\ndata: {}\n\n: quiet\n\n");
    await pass(0);
    expect(news).toBe(2);
    expect(road.calls.map(({ address, receipt }) => [address, receipt])).toEqual([["/api/v1/receipt/stream", "Receipt AAAA-BBBB"]]);
  });

  test("that breaks begins anew, later each time, and sooner once it came through", async () => {
    road.status = 0;
    begin();
    await pass(0);
    await pass(2_000);
    await pass(4_000);
    expect([road.calls.length, line?.isLive()]).toEqual([3, false]);
    road.status = 200;
    await pass(8_000);
    road.say("event: open\n\n");
    await pass(0);
    expect(line?.isLive()).toBe(true);
    road.close();
    await pass(0);
    expect(line?.isLive()).toBe(false);
    await pass(2_000);
    expect(road.calls).toHaveLength(5);
  });

  test("that says nothing for too long is taken for broken", async () => {
    begin();
    await pass(0);
    road.say("event: open\n\n");
    await pass(39_000);
    road.say(": quiet\n\n");
    await pass(39_000);
    expect(line?.isLive()).toBe(true);
    await pass(2_000);
    expect(line?.isLive()).toBe(false);
  });

  test("is let go while nobody looks, and taken up again", async () => {
    begin();
    await pass(0);
    page.visibilityState = "hidden";
    page.dispatchEvent(new Event("visibilitychange"));
    await pass(10_000);
    expect([road.calls.length, road.calls[0]?.signal.aborted]).toEqual([1, true]);
    page.visibilityState = "visible";
    page.dispatchEvent(new Event("visibilitychange"));
    await pass(0);
    expect(road.calls).toHaveLength(2);
  });

  test.each([["a receipt that opens nothing", 401, 1], ["a busy server", 503, 2], ["a page instead of a stream", 204, 2]])(
    "after %s it asks %s", async (_, status, calls) => {
      vi.stubGlobal("fetch", async () => {
        road.calls.push({} as never);
        return new Response(null, { status });
      });
      begin();
      await pass(0);
      await pass(3_000);
      expect(road.calls).toHaveLength(calls);
    });

  test("is not begun where the server names no stream, and ends for good", async () => {
    const { stream: _, ...without } = config.value;
    config.value = without;
    begin();
    await pass(200_000);
    expect(road.calls).toHaveLength(0);
    config.value = { ...without, stream: { port: null } };
    window.dispatchEvent(new Event("online"));
    await pass(0);
    expect(road.calls).toHaveLength(1);
    line?.end();
    window.dispatchEvent(new Event("online"));
    await pass(200_000);
    expect(road.calls).toHaveLength(1);
  });
});
