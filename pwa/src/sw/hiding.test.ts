import "fake-indexeddb/auto";

import { afterEach, describe, expect, test, vi } from "vitest";

import { close, write } from "../shared/db";
import { disguised, notice } from "./hiding";

afterEach(async () => {
  vi.unstubAllGlobals();
  await close();
  await new Promise((done) => (indexedDB.deleteDatabase("linli").onsuccess = done));
});

describe("a notification", () => {
  test.each<[string, string, string | undefined, boolean, string, string]>([
    ["in the device's language", "zh-TW", undefined, false, "邻里", "/app/icon-192.png"],
    ["in the language that was chosen", "zh-TW", "en", false, "Linli", "/app/icon-192.png"],
    ["under the neutral name", "en-GB", undefined, true, "Notes", "/app/discreet-192.png"],
    ["under the neutral name in Chinese", "en-GB", "zh", true, "便签", "/app/discreet-192.png"],
  ])("comes %s", async (_, device, chosen, hides, title, icon) => {
    vi.stubGlobal("navigator", { language: device });
    await write("language", chosen);
    await write("discreet", hides || undefined);
    const [name, options] = await notice();
    expect([name, options.icon]).toEqual([title, icon]);
    expect(`${name} ${options.body} ${options.tag}`).not.toMatch(hides ? /linli|邻里|report|报告/i : /report|报告/i);
  });

  test("hides where nobody can say whether it should", async () => {
    vi.stubGlobal("navigator", { language: "en" });
    vi.spyOn(IDBObjectStore.prototype, "get").mockImplementation(() => {
      throw new DOMException("no", "UnknownError");
    });
    expect((await notice())[0]).toBe("Notes");
    vi.restoreAllMocks();
  });
});

test("a page in disguise names itself nowhere and keeps its policy", async () => {
  const html = `<title>Linli</title><meta name="description" content="Tell your neighbourhood">
<link rel="manifest" href="/app/en.webmanifest"><link rel="icon" href="/app/icon.svg" type="image/svg+xml">
<link rel="apple-touch-icon" href="/app/icon-192.png"><a class="brand">Linli</a><p>邻里</p>`;
  const page = new Response(html, { headers: { "Content-Security-Policy": "default-src 'none'", "Content-Length": "9" } });
  const found = await disguised(page);
  const shown = await found.text();
  expect(shown).not.toMatch(/linli|邻里|neighbourhood|icon\.svg|icon-192|\/en\.webmanifest/i);
  expect(shown).toContain("/app/discreet-en.webmanifest");
  expect([found.headers.get("Content-Security-Policy"), found.headers.get("Content-Length")]).toEqual(["default-src 'none'", null]);
});
