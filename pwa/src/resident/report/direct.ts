/** Sending straight over the network, when the phone cannot keep a report: it goes now, or it stays on the screen. */

import { remember } from "../../outbox/mine";
import type { Acknowledgement, Mine } from "../../outbox/outbox";
import { api, ask, type Outcome } from "../../shared/api";
import { begin, tell } from "./lately";
import { safely } from "./safely";
import type { Ready, Unsent } from "./sending";

/** Photos that the server has already, so that a second try names the same ones. */
const uploaded = new WeakMap<Blob, string>();

/** Send it now. Resolves with undefined when the server has acknowledged it, else with why it was not sent. */
export async function sendStraight(ready: Ready): Promise<Unsent | undefined> {
  const photoIds = await photosOf(ready.photos);
  if (!photoIds) return { is: "offline" };
  const body = { ...(await safely(ready.draft)), client_id: ready.id, photo_ids: [...(ready.held ?? []), ...photoIds] };
  const call = api.POST("/api/v1/reports", { body: body as never });
  const answer: Outcome<Acknowledgement> = await ask(call as unknown as Parameters<typeof ask<Acknowledgement>>[0]);
  if (answer.is === "offline") return answer;
  if (answer.is === "problem") {
    if (answer.problem.code === "client-id-reused") return { is: "twice" };
    return answer.problem.status >= 500 ? { is: "offline" } : answer;
  }
  const mine: Mine = { ...answer.data, clientId: ready.id, kind: ready.draft.kind, title: "" };
  // Where the phone keeps nothing, this page at least knows the code.
  await remember(mine).catch(() => tell(mine));
  begin(ready.id);
  return undefined;
}

/** Send photos; their ids, or undefined when there is no network. One that the server cannot read is left out. */
export async function photosOf(photos: readonly Blob[]): Promise<readonly string[] | undefined> {
  const ids: string[] = [];
  for (const photo of photos) {
    const id = uploaded.get(photo) ?? (await upload(photo));
    if (id === undefined) return undefined;
    if (!id) continue;
    uploaded.set(photo, id);
    ids.push(id);
  }
  return ids;
}

async function upload(photo: Blob): Promise<string | undefined> {
  const form = new FormData();
  form.set("photo", photo, "photo.jpg");
  const call = api.POST("/api/v1/photos", { body: form as never, bodySerializer: () => form });
  const answer = await ask(call as unknown as Parameters<typeof ask<{ id: string }>>[0]);
  if (answer.is === "data") return answer.data.id;
  return answer.is === "problem" && answer.problem.status < 500 ? "" : undefined;
}
