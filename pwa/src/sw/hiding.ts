/** What the service worker says and shows where the page hides: another name, and nothing of what it is about. */

import { read } from "../shared/db";
import type { Language } from "../shared/i18n";
import { NAMES, NEUTRAL_NAMES } from "../shared/names";

const NEWS: Readonly<Record<Language, string>> = { en: "There is something new.", zh: "有新内容。" };

/** Whether the page hides on this phone. Where nobody can say, it does. */
export async function hides(): Promise<boolean> {
  return read<boolean>("discreet").then(Boolean, () => true);
}

/** The language that was chosen here, else the device's. */
async function spoken(): Promise<Language> {
  const chosen = await read<Language>("language").catch(() => undefined);
  return chosen ?? (navigator.language.startsWith("zh") ? "zh" : "en");
}

/** A notification: the same words whatever the news is, for somebody else may be looking at this phone. */
export async function notice(): Promise<readonly [string, NotificationOptions]> {
  const [isHidden, code] = await Promise.all([hides(), spoken()]);
  const icon = isHidden ? "/app/discreet-192.png" : "/app/icon-192.png";
  const name = (isHidden ? NEUTRAL_NAMES : NAMES)[code];
  return [name, { body: NEWS[code], lang: code === "zh" ? "zh-Hans" : "en", tag: "news", icon }];
}

/** A page under its neutral name, from its first byte on: until scripts run it would show what it is. */
export async function disguised(page: Response): Promise<Response> {
  const html = (await page.text())
    .replaceAll(NAMES.en, NEUTRAL_NAMES.en)
    .replaceAll(NAMES.zh, NEUTRAL_NAMES.zh)
    .replace(/\/app\/(en|zh)\.webmanifest/, "/app/discreet-$1.webmanifest")
    .replace(/<meta name="description"[^>]*>/, "")
    .replace('href="/app/icon.svg" type="image/svg+xml"', 'href="/app/discreet-192.png" type="image/png"')
    .replace('href="/app/icon-192.png"', 'href="/app/discreet-192.png"');
  const headers = new Headers(page.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  return new Response(html, { status: page.status, statusText: page.statusText, headers });
}
