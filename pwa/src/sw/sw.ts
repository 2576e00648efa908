/// <reference lib="webworker" />
/**
 * The service worker, as a list of decisions:
 * - pages: what was kept first, for they are the same until the next release, which brings a worker and pages of its own;
 *   afterwards the page is asked for again, so that its language and its policy are today's the next time; the neutral
 *   page always from what was kept; all others under the neutral name where the page hides;
 * - hashed files: what was kept first, for their names change with their content;
 * - the API: never kept here (the page keeps what it may, sealed);
 * - what another application shares is kept for the report screen;
 * - what waits in the outbox is sent when the browser says that there is a network, with no page open;
 * - a push says that there is news and nothing more.
 */

import { flush } from "../outbox/outbox";
import { sendNotes } from "../resident/reports/notes";
import { passOn } from "../resident/sos/ending";
import { write } from "../shared/db";
import { disguised, hides, notice } from "./hiding";

declare const self: ServiceWorkerGlobalScope;
declare const __PRECACHE__: readonly string[];
declare const __VERSION__: string;

const STORE = `linli-${__VERSION__}`;
/** The script by which a page begins: its name changes with every release. */
const ENTRY = /<script type="module" src="[^"]+"/;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(STORE).then((store) => store.addAll(__PRECACHE__)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      // The release before this one stays: a page that is still open names its files.
      .then((names) => Promise.all(names.filter((name) => name.startsWith("linli-")).sort().slice(0, -2).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method === "POST" && url.pathname === "/report") return event.respondWith(takeShared(request));
  if (request.method !== "GET" || url.origin !== self.location.origin || url.pathname.startsWith("/api/")) return;
  if (url.pathname.startsWith("/app/")) event.respondWith(keptFirst(request));
  else if (request.mode === "navigate" && isOurs(url.pathname)) event.respondWith(page(event, url));
});

const OURS = new Set(["", "report", "sent", "reports", "open", "aid", "sos", "alerts", "safety", "install", "help", "neutral"]);

function isOurs(path: string): boolean {
  return OURS.has(path.split("/")[1] ?? "");
}

/** Photos and words that another application shares: kept for the report screen, which takes them and deletes them. */
async function takeShared(request: Request): Promise<Response> {
  const form = await request.formData();
  const photos = form.getAll("photo").filter((one) => one instanceof Blob && one.size > 0);
  await write("shared", { photos, text: String(form.get("text") ?? form.get("title") ?? "") });
  return Response.redirect("/report?shared=1", 303);
}

/** What was kept: of this release first, for among several stores the browser looks in the oldest first. */
async function kept(what: Request | string): Promise<Response | undefined> {
  return (await (await caches.open(STORE)).match(what)) ?? caches.match(what);
}

async function keptFirst(request: Request): Promise<Response> {
  return (await kept(request)) ?? fetch(request);
}

async function page(event: FetchEvent, url: URL): Promise<Response> {
  if (url.pathname === "/neutral") return (await kept("/neutral")) ?? fetch(event.request);
  const [found, isHidden] = await Promise.all([keptOrFresh(event, `/${url.pathname.split("/")[1] ?? ""}`), hides()]);
  return isHidden && found.ok ? disguised(found) : found;
}

async function keptOrFresh(event: FetchEvent, address: string): Promise<Response> {
  const known = await kept(address);
  if (!known) return fetch(event.request).catch(async () => (await kept("/")) ?? Response.error());
  event.waitUntil(freshen(address, known.clone()).catch(() => undefined));
  return known;
}

/** Keep the page as the server gives it now. One of another release waits for its own worker, which keeps its files too. */
async function freshen(address: string, known: Response): Promise<void> {
  const fresh = await fetch(address);
  if (!fresh.ok) return;
  const [before, now] = await Promise.all([known.text(), fresh.clone().text()]);
  const entry = ENTRY.exec(now)?.[0];
  if (entry !== undefined && entry === ENTRY.exec(before)?.[0]) await (await caches.open(STORE)).put(address, fresh);
}

self.addEventListener("sync", (event) => {
  const sync = event as ExtendableEvent & { tag: string };
  // Rejecting makes the browser try again later.
  if (sync.tag === "linli-outbox") sync.waitUntil(sendAll());
});

async function sendAll(): Promise<void> {
  const wait = await flush();
  await sendNotes();
  if ((await passOn()) > 0 || wait !== undefined) throw new Error("later");
}

self.addEventListener("push", (event) => {
  event.waitUntil(
    Promise.all([
      notice().then(([title, options]) => self.registration.showNotification(title, options)),
      (navigator as { setAppBadge?: () => Promise<void> }).setAppBadge?.(),
    ]),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/reports"));
});
