/** Handing a report over: into the outbox, where it waits until it is sent; or, where that cannot be, straight. */

import { type Draft, freshId, type Problem, put } from "../../outbox/outbox";
import { config, learn } from "../../shared/config";
import { database } from "../../shared/db";
import { begin } from "./lately";
import { safely } from "./safely";

/** A report that is ready to go. */
export interface Ready {
  readonly id: string;
  readonly draft: Draft;
  readonly photos: readonly Blob[];
  /** Photos of a report that is mended: sealed before, so that only their ids are known. Undefined for a new report. */
  readonly held?: readonly string[] | undefined;
}

/** Why it was not handed over: nothing of it is kept outside the screen then. */
export type Unsent =
  | { readonly is: "no-key" }
  | { readonly is: "not-kept" }
  | { readonly is: "offline" }
  | { readonly is: "twice" }
  | { readonly is: "problem"; readonly problem: Problem };

/** An id, also in pages that were not served safely, where the browser offers less. */
export function newId(): string {
  if ("randomUUID" in crypto) return freshId();
  const bytes = (crypto as Crypto).getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** Keep a report until it is sent. Resolves with undefined when it is kept, else with why it is not. */
export async function handOver(ready: Ready): Promise<Unsent | undefined> {
  if (!config.value.keys.envelope) await learn();
  const server = config.value.keys.envelope;
  if (!server) return { is: "no-key" };
  const draft = await safely(ready.draft);
  const keep = (): Promise<unknown> => put(draft, { server, photos: ready.photos, id: ready.id });
  const held = ready.held;
  try {
    await (held ? undisturbed(() => keep().then(() => rejoin(ready.id, held))) : keep());
  } catch {
    // Whatever went wrong, the report is not on this phone; a page that is not served safely cannot even seal.
    return { is: "not-kept" };
  }
  begin(ready.id);
  return undefined;
}

const LOCK = "linli-outbox";
const PATIENCE_MS = 3000;

/** Do it while nothing is being sent; where something is for long, do it all the same. */
async function undisturbed(act: () => Promise<void>): Promise<void> {
  if (!navigator.locks) return act();
  let began = false;
  try {
    await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(PATIENCE_MS) }, () => {
      began = true;
      return act();
    });
  } catch (error) {
    if (began) throw error;
    await act();
  }
}

/** A mended report gets its former photos back, and lets go of those that were taken away. */
async function rejoin(id: string, held: readonly string[]): Promise<void> {
  const change = (await database()).transaction(["outbox", "photos"], "readwrite", { durability: "strict" });
  const row = await change.objectStore("outbox").get(id);
  if (row) {
    row.photoIds = [...held, ...row.photoIds];
    await change.objectStore("outbox").put(row);
    for (const key of await change.objectStore("photos").index("report").getAllKeys(id)) {
      if (!row.photoIds.includes(key)) await change.objectStore("photos").delete(key);
    }
  }
  await change.done;
}
