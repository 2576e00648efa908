import "fake-indexeddb/auto";

import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { close, read, write } from "../../shared/db";
import { hasAppCode, locked, watchLock } from "./lock";
import { setAppCode, unlock } from "./unlocking";
import * as verifier from "./verifier";

const page = Object.assign(new EventTarget(), { visibilityState: "visible" });

async function away(ms: number): Promise<void> {
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  vi.setSystemTime(Date.now() + ms);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-03-02T09:00:00Z") });
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", new EventTarget());
  await setAppCode("blue sky");
  await watchLock();
});

afterEach(async () => {
  await close();
  await new Promise((done) => (indexedDB.deleteDatabase("linli").onsuccess = done));
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("the page is shut when it opens, and the code opens it", async () => {
  expect(locked.value).toBe(true);
  expect(await unlock("Blue  sky")).toEqual({ is: "open", wait_s: 0 });
  expect(locked.value).toBe(false);
});

test.each([[59_000, false], [60_000, true], [-5_000, true]])("after %i ms out of sight it is shut: %o", async (ms, shut) => {
  await unlock("blue sky");
  await away(ms);
  expect(locked.value).toBe(shut);
});

test("wrong tries slow down, and even the right code has to wait then", async () => {
  const tries = [await unlock("one"), await unlock("two"), await unlock("three")];
  expect(tries.map((one) => [one.is, one.wait_s])).toEqual([["wrong", 0], ["wrong", 0], ["wrong", 5]]);
  expect(await unlock("blue sky")).toEqual({ is: "wait", wait_s: 5 });
  vi.setSystemTime(Date.now() + 5_000);
  expect((await unlock("blue sky")).is).toBe("open");
});

test("a try counts before it is checked, so that closing the page saves none", async () => {
  const checked = vi.spyOn(verifier, "isCodeOf").mockRejectedValueOnce(new Error("closed"));
  await unlock("one").catch(() => undefined);
  expect(checked).toHaveBeenCalledOnce();
  expect(await read("app-code-tries")).toMatchObject({ wrong: 1 });
});

test("a clock that was set back does not shut somebody out for years", async () => {
  await write("app-code-tries", { wrong: 9, until: Date.now() + 365 * 86_400_000 });
  expect((await unlock("blue sky")).is).toBe("open");
});

test("what is kept holds neither the code nor a hash that could be tried elsewhere", async () => {
  const kept = (await read("app-code")) as Record<string, unknown>;
  expect(Object.keys(kept).sort()).toEqual(["box", "iv"]);
});

test("without a code nothing is ever shut", async () => {
  await setAppCode(undefined);
  await watchLock();
  await away(600_000);
  expect([hasAppCode.value, locked.value]).toEqual([false, false]);
});
