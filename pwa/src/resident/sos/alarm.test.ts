import "fake-indexeddb/auto";

import { h } from "preact";
import { renderToString } from "preact-render-to-string";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import type { Draft } from "../../outbox/outbox";
import { waiting } from "../../outbox/outbox";
import { allMine } from "../../outbox/mine";
import { config } from "../../shared/config";
import { close, read, write } from "../../shared/db";
import { enter, language } from "../../shared/i18n";
import { keepSafeWay, keepSosCodes } from "../safety/setting";
import Sos from "../screens/sos";
import { en } from "../texts/en";
import * as sos from "./alarm";
import { passOn } from "./ending";
import { follow, sharedUntil } from "./follow";
import { endBy, needsCode, stop, takeBack } from "./stopping";
import { fix } from "./watch";

interface Call {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly receipt: string | null;
}

/** A server that takes reports once by id, and knows the codes that came with them. */
class Server {
  readonly calls: Call[] = [];
  readonly reports = new Map<string, Draft>();
  isReachable = true;
  /** Members that make it refuse a report. */
  refuses: readonly string[] = [];

  /** How far its clock goes ahead of the phone's. */
  ahead_ms = 0;

  answer = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await this.said(path, init);
    answer.headers.set("Date", new Date(Date.now() + this.ahead_ms).toUTCString());
    return answer;
  };

  private said = async (path: string, init: RequestInit): Promise<Response> => {
    if (!this.isReachable) throw new TypeError("network");
    const body = JSON.parse(String(init.body ?? "{}")) as Record<string, unknown>;
    this.calls.push({ path, body, receipt: new Headers(init.headers).get("Authorization") });
    if (path === "/api/v1/reports") return this.take(body as never);
    if (path === "/api/v1/receipt/cancel") return this.cancel(body["code"]);
    return Response.json({ status: "sent", deliveries: [], timeline: [] });
  };

  private take(body: Draft & { client_id: string }): Response {
    if (this.refuses.some((name) => name in body)) return Response.json({ code: "invalid", title: "No" }, { status: 422 });
    const isKnown = this.reports.has(body.client_id);
    this.reports.set(body.client_id, body);
    return Response.json(told(body.client_id), { status: isKnown ? 200 : 201 });
  }

  private cancel(code: unknown): Response {
    const codes = [...this.reports.values()].flatMap((one) => [one.codes?.cancel, one.codes?.duress]);
    return codes.includes(String(code)) ? Response.json({ status: "sent" }) : Response.json({ code: "wrong-code" }, { status: 403 });
  }

  paths(): readonly string[] {
    return this.calls.map((one) => one.path);
  }
}

function told(id: string) {
  return {
    id: `r-${id}`, receipt: "AAAA-BBBB-CCCC-DDDD", status: "sent", received_at: "2026-03-02T09:00:00+00:00",
    incident: { id: "i", grade: 1, category: null, status: "received" }, owner: { label: "Night desk" },
    next_update_by: "2026-03-02T09:10:00+00:00",
  };
}

let server: Server;
const page = Object.assign(new EventTarget(), { visibilityState: "visible", documentElement: {} });

const inTruth = setTimeout;

/** Let everything that was begun come to rest: database and cryptography answer in a time of their own. */
async function rest(): Promise<void> {
  await new Promise((done) => inTruth(done, 20));
}

/** Go on, second by second, until something is so: for what takes turns of its own. */
async function until(isSo: () => boolean | Promise<boolean>, step = 1_000): Promise<void> {
  for (let turn = 0; turn < 300 && !(await isSo()); turn++) {
    await vi.advanceTimersByTimeAsync(turn < 3 ? 0 : step);
    await new Promise((done) => inTruth(done, 10));
  }
  expect(await isSo()).toBe(true);
}

const isTold = (): boolean => sos.alarm.value?.told !== undefined;
const isSaid = (path: string) => (): boolean => server.paths().includes(path);

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await rest();
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"], now: new Date("2026-03-02T08:59:00Z") });
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("navigator", { onLine: true, geolocation: { watchPosition: () => 1, clearWatch: () => undefined, getCurrentPosition: () => undefined } });
  page.visibilityState = "visible";
  server = new Server();
  vi.stubGlobal("fetch", server.answer);
  enter("en", en);
  language.value = "en";
  config.value = { ...config.value, keys: {} };
  sos.share.value = "exact";
  sos.codes.value = undefined;
  fix.value = undefined;
});

afterEach(async () => {
  if (sos.alarm.value) sos.finish("over");
  server.isReachable = true;
  await until(async () => (await passOn()) === 0);
  sos.beginAnew();
  await rest();
  await close();
  await new Promise((done) => (indexedDB.deleteDatabase("linli").onsuccess = done));
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function withCodes(): Promise<void> {
  await keepSosCodes({ cancel: "1234", duress: "help" });
  await sos.prepare();
}

describe("sending", () => {
  test("nothing goes out in the five seconds, then it goes at once", async () => {
    sos.begin();
    await pass(4_900);
    expect([sos.phase.value, sos.left.value, server.calls.length]).toEqual(["counting", 1, 0]);
    await pass(200);
    expect(sos.phase.value).toBe("on");
    await until(isTold);
    expect(server.calls[0]?.body).toMatchObject({ kind: "distress", danger_now: true, language: "en" });
    expect(sos.alarm.value?.told?.owner.label).toBe("Night desk");
  });

  test("a clock that is set back in the five seconds holds nothing up", async () => {
    sos.begin();
    await pass(1_000);
    vi.setSystemTime(new Date("2020-01-01T00:00:00Z"));
    await pass(4_200);
    expect(sos.phase.value).toBe("on");
    await until(isTold);
  });

  test("the place that is known by then goes along, and one that is not known is never waited for", async () => {
    fix.value = { lat: 24.8, lon: 120.9, accuracy_m: 9, at: Date.now() };
    sos.begin();
    await pass(5_100);
    expect(server.calls[0]?.body["place"]).toMatchObject({ lat: 24.8, lon: 120.9, accuracy_m: 9 });
  });

  test("a page that goes out of sight in the countdown sends at once: silence never cancels", async () => {
    sos.begin();
    page.visibilityState = "hidden";
    page.dispatchEvent(new Event("visibilitychange"));
    await rest();
    expect(server.paths()).toEqual(["/api/v1/reports"]);
  });

  test("a page that was closed in the countdown sends when it is opened again", async () => {
    sos.begin();
    await until(async () => (await read("sos-active")) !== undefined, 0);
    const id = sos.alarm.value?.id;
    const kept = await read("sos-active");
    stop();
    await until(async () => (await read("sos-active")) === undefined, 0);
    await write("sos-active", kept);
    sos.beginAnew();
    await sos.prepare();
    await until(isTold);
    expect([...server.reports.keys()]).toEqual([id]);
  });

  test("what comes back after a reload is the alarm that was on, with its receipt", async () => {
    sos.begin();
    await until(isTold);
    // What is still being written is written first.
    await sos.prepare();
    const before = sos.alarm.value;
    sos.alarm.value = undefined;
    sos.phase.value = "ready";
    await sos.prepare();
    expect(sos.alarm.value).toEqual(before);
    expect(sos.phase.value).toBe("on");
    expect(server.reports.size).toBe(1);
  });

  test("without a network it says how often it tried, keeps trying and arrives once", async () => {
    server.isReachable = false;
    sos.begin();
    await until(() => sos.tries.value >= 2);
    expect(sos.alarm.value?.told).toBeUndefined();
    server.isReachable = true;
    window.dispatchEvent(new Event("online"));
    await until(isTold);
    expect(server.reports.size).toBe(1);
  });

  test("what the server refuses in it is left out, for help comes first", async () => {
    server.refuses = ["place"];
    fix.value = { lat: 24.8, lon: 120.9, accuracy_m: 9, at: Date.now() };
    sos.begin();
    await until(isTold);
    expect([...server.reports.values()][0]).toMatchObject({ kind: "distress", danger_now: true });
  });

  test("it becomes one of my reports and waits no longer", async () => {
    sos.begin();
    follow();
    await until(async () => (await allMine()).length > 0);
    expect((await allMine()).map((one) => one.clientId)).toEqual([sos.alarm.value?.id]);
    await until(() => waiting.value.length === 0);
  });

  test("the safe contact goes along", async () => {
    await keepSafeWay({ channel: "email", address: "me@example.org", voicemail: false });
    await sos.prepare();
    sos.begin();
    await until(isTold);
    expect(server.calls[0]?.body).toMatchObject({
      safe_contact: { channel: "email", voicemail: false }, contact: { email: "me@example.org", consent: true },
    });
  });
});

describe("ending", () => {
  test("without a code the countdown stops with one press, and nothing was sent", async () => {
    sos.begin();
    await pass(2_000);
    stop();
    await pass(60_000);
    await until(async () => (await read("sos-active")) === undefined);
    expect([sos.phase.value, server.calls.length]).toEqual(["stopped", 0]);
  });

  test("with a code one press stops nothing", async () => {
    await withCodes();
    sos.begin();
    await pass(1_000);
    stop();
    expect(sos.phase.value).toBe("counting");
  });

  test("a wrong code ends nothing, whenever it is said", async () => {
    await withCodes();
    sos.begin();
    await pass(1_000);
    expect(endBy("4321")).toBe(false);
    await pass(4_500);
    expect(endBy("")).toBe(false);
    expect(sos.phase.value).toBe("on");
  });

  test("in the countdown the true code means that nothing is sent", async () => {
    await withCodes();
    sos.begin();
    await pass(1_000);
    expect(endBy("1234")).toBe(true);
    await pass(60_000);
    expect([sos.phase.value, server.calls.length]).toEqual(["ended", 0]);
  });

  test("in the countdown the duress code sends the alarm and says so, and leaves nothing to see on the phone", async () => {
    await withCodes();
    sos.begin();
    await pass(1_000);
    expect(endBy("HELP")).toBe(true);
    await until(isSaid("/api/v1/receipt/cancel"));
    await until(async () => (await read("sos-ended")) === undefined && (await read("sos-active")) === undefined);
    expect(server.paths()).toEqual(["/api/v1/reports", "/api/v1/receipt/cancel"]);
    expect(server.calls[1]).toMatchObject({ body: { code: "help" }, receipt: "Receipt AAAA-BBBB-CCCC-DDDD" });
    expect([await allMine(), waiting.value]).toEqual([[], []]);
  });

  test("the duress code without a network is passed on later, and sealed until then", async () => {
    await withCodes();
    sos.begin();
    await pass(1_000);
    server.isReachable = false;
    endBy("help");
    await until(async () => (await read("sos-ended")) !== undefined);
    const kept = await read("sos-ended");
    expect(Object.keys(kept as object).sort()).toEqual(["box", "iv"]);
    server.isReachable = true;
    await until(isSaid("/api/v1/receipt/cancel"));
    expect(server.paths()).toEqual(["/api/v1/reports", "/api/v1/receipt/cancel"]);
  });

  test.each(["1234", "help"])("once it is on, %o is passed on for the server to tell", async (code) => {
    await withCodes();
    sos.begin();
    await until(isTold);
    endBy(code);
    await until(isSaid("/api/v1/receipt/cancel"));
    expect(server.calls.at(-1)).toMatchObject({ path: "/api/v1/receipt/cancel", body: { code } });
    await until(async () => (await read("sos-active")) === undefined);
  });

  test("an alarm whose answer was lost is ended as well", async () => {
    await withCodes();
    server.isReachable = false;
    sos.begin();
    await pass(5_100);
    expect(endBy("1234")).toBe(true);
    server.isReachable = true;
    await until(isSaid("/api/v1/receipt/cancel"));
    expect(server.paths()).toEqual(["/api/v1/reports", "/api/v1/receipt/cancel"]);
  });

  test("where no code is set it is taken back", async () => {
    sos.begin();
    await until(isTold);
    takeBack();
    await until(isSaid("/api/v1/receipt/withdraw"));
    expect(sos.phase.value).toBe("ended");
  });

  test("a code that was set after the alarm went out does not change how it ends", async () => {
    sos.begin();
    await until(isTold);
    await withCodes();
    expect(needsCode()).toBe(false);
  });
});

describe("the true code and the duress code look alike", () => {
  /** The page after a code was said at a moment: at once, after a second, and after a minute. */
  async function shown(code: string, sayAt: number, isReachable: boolean): Promise<readonly string[]> {
    await withCodes();
    const before = (await allMine()).length;
    server.isReachable = isReachable;
    sos.begin();
    follow();
    const isMine = async (): Promise<boolean> => (await allMine()).length > before;
    if (sayAt > sos.CANCEL_MS) await until(isReachable ? isMine : () => sos.tries.value > 0);
    endBy(code);
    const pages: string[] = [];
    for (const ms of [0, 1_000, 60_000]) {
      if (ms) await pass(ms);
      // What other screens show of it: reports that wait, and reports that are mine.
      pages.push(`${renderToString(h(Sos, {}))}${waiting.value.length} ${(await allMine()).length - before}`);
    }
    sos.beginAnew();
    await rest();
    return pages;
  }

  test.each([
    ["in the countdown", 2_000, true], ["in the countdown without a network", 2_000, false],
    ["once it is on", 7_000, true], ["while it waits for a network", 7_000, false],
  ])("%s", async (_, sayAt, isReachable) => {
    const [ended, seemed] = [await shown("1234", sayAt, isReachable), await shown("help", sayAt, isReachable)];
    expect(seemed).toEqual(ended);
    expect(ended[0]).toContain(en["sos.ended"]);
  });
});

describe("while it is on", () => {
  /** The state of the report that the server tells next. */
  function says(status: string): void {
    const answer = server.answer;
    vi.stubGlobal("fetch", async (path: string, init?: RequestInit) => (path === "/api/v1/receipt" ? Response.json({ status }) : answer(path, init)));
  }

  function isAt(accuracy_m: number): void {
    vi.setSystemTime(Date.now() + 1_000);
    fix.value = { lat: 24.8, lon: 120.9, accuracy_m, at: Date.now() };
  }

  const places = (): readonly unknown[] => server.calls.filter((one) => one.path.endsWith("/location")).map((one) => one.body["accuracy_m"]);

  test.each(["closed", "withdrawn"])("it is over when the desk says %o, and not before", async (status) => {
    sos.begin();
    follow();
    await until(isTold);
    await until(isSaid("/api/v1/receipt"));
    expect(sos.phase.value).toBe("on");
    says(status);
    await until(() => sos.phase.value === "over");
    await until(async () => (await read("sos-active")) === undefined);
  });

  test("better places are told, hardly better ones are not", async () => {
    sos.begin();
    follow();
    await until(isTold);
    isAt(50);
    await until(() => places().length === 1);
    isAt(48);
    await rest();
    isAt(20);
    await until(() => places().length === 2);
    expect(places()).toEqual([50, 20]);
  });

  test("a better place that comes while another is on its way is not lost", async () => {
    sos.begin();
    follow();
    await until(isTold);
    isAt(50);
    isAt(10);
    await until(() => places().length === 2);
    expect(places()).toEqual([50, 10]);
  });

  test("a coarse place is told coarsely", async () => {
    sos.share.value = "coarse";
    sos.begin();
    follow();
    await until(isTold);
    isAt(5);
    await until(() => places().length === 1);
    expect(places()[0]).toBeGreaterThanOrEqual(200);
  });

  test("a phone whose clock is a year ahead goes on sharing, and tells the true time of each place", async () => {
    server.ahead_ms = Date.parse("2026-03-02T09:00:00Z") - Date.parse("2027-03-02T09:00:00Z");
    vi.setSystemTime(new Date("2027-03-02T09:00:00Z"));
    sos.begin();
    follow();
    await until(isTold);
    await pass(30_000);
    isAt(5);
    await until(() => places().length === 1);
    expect(sos.alarm.value?.share).toBe("exact");
    expect(server.calls.find((one) => one.path.endsWith("/location"))?.body["taken_at"]).toMatch(/^2026-03-02T09:/);
    expect(new Date(sharedUntil()).getUTCFullYear()).toBe(2027);
  });

  test("sharing stops by itself when its hours are over", async () => {
    sos.begin();
    follow();
    await until(isTold);
    expect(sos.alarm.value?.share).toBe("exact");
    vi.setSystemTime(sharedUntil() + 1_000);
    await until(() => sos.alarm.value?.share === "none");
    isAt(5);
    await rest();
    expect(places()).toEqual([]);
  });
});
