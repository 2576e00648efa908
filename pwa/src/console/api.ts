/** Calls to the server, typed by its own OpenAPI document, with problems as values that screens can say. */

import createClient from "openapi-fetch";

import type { components, paths } from "../generated/contract";
import { hearTime } from "../shared/clock";
import { language, tagOf } from "./i18n";
import { me, signedInAgain } from "./session";

export type Schemas = components["schemas"];
/** What a list answers: a page, and the cursor of the next. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor?: string | null;
}

/** A refusal in the reader's language (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail?: string;
  readonly advice?: string;
  readonly request_id?: string;
  /** What is wrong with each field. */
  readonly errors?: unknown;
}

/** What came of a call: the data (with its tag for If-Match), a refusal of the server, or no answer at all. */
export type Outcome<T> =
  | { readonly is: "data"; readonly data: T; readonly etag: string | undefined }
  | { readonly is: "problem"; readonly problem: Problem }
  | { readonly is: "offline" };

const SESSION = "/api/v1/session";

/** A call whose session has ended, or is too old for it, waits until the person is signed in again, and is then made once more. */
async function patiently(request: Request): Promise<Response> {
  const again = request.clone();
  const answer = await fetch(request);
  const isOurs = me.value && !new URL(request.url).pathname.startsWith(SESSION);
  const why = isOurs ? await interruption(answer) : undefined;
  if (!why || !(await signedInAgain(why))) return answer;
  return fetch(again);
}

async function interruption(answer: Response): Promise<"ended" | "stale" | undefined> {
  if (answer.status === 401) return "ended";
  if (answer.status !== 403) return undefined;
  const said = (await answer.clone().json().catch(() => undefined)) as Partial<Problem> | undefined;
  return said?.code === "sign-in-again" ? "stale" : undefined;
}

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  credentials: "same-origin",
  cache: "no-store",
  fetch: patiently,
});
api.use({
  onRequest({ request }) {
    request.headers.set("Accept-Language", tagOf(language.value));
    return request;
  },
  onResponse({ response }) {
    hearTime(response);
  },
});

/** Make a call of `api` and sort its outcome. Never rejects. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Outcome<T>> {
  try {
    const { data, error, response } = await call;
    if (response.ok) return { is: "data", data: data as T, etag: response.headers.get("ETag") ?? undefined };
    const said = typeof error === "object" && error !== null ? (error as Partial<Problem>) : {};
    return { is: "problem", problem: { code: "refused", title: "", ...said, status: response.status } };
  } catch {
    return { is: "offline" };
  }
}

/** The headers of an edit: refused with 412 where the thing is no longer what was read. */
export function ifMatch(etag: string | undefined): { headers: Record<string, string> } {
  return { headers: etag ? { "If-Match": etag } : {} };
}

/** The header of a write that may be sent twice and is done once. One key for one intent of a person, kept over retries. */
export function once(key: string): { headers: Record<string, string> } {
  return { headers: { "Idempotency-Key": key } };
}

/** A fresh key for `once`. */
export function newKey(): string {
  return crypto.randomUUID();
}

/** Whether a refusal says that somebody else changed the thing since it was read. */
export function isConflict(problem: Problem): boolean {
  return problem.status === 412;
}
