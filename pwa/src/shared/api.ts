/** Calls to the server, typed by its own OpenAPI document, with problems as values that screens can say. */

import createClient from "openapi-fetch";

import type { paths } from "../generated/contract";
import type { Problem } from "../outbox/outbox";
import { hearTime } from "./clock";
import { language } from "./i18n";

export const api = createClient<paths>({
  baseUrl: typeof location === "undefined" ? "http://localhost" : location.origin,
  credentials: "omit",
  cache: "no-store",
});
api.use({
  onRequest({ request }) {
    request.headers.set("Accept-Language", language.value === "zh" ? "zh-Hans" : "en");
    return request;
  },
  onResponse({ response }) {
    hearTime(response);
  },
});

/** What came of a call: the data, a refusal of the server, or no answer at all. */
export type Outcome<T> =
  | { readonly is: "data"; readonly data: T }
  | { readonly is: "problem"; readonly problem: Problem }
  | { readonly is: "offline" };

/** Make a call of `api` and sort its outcome. Never rejects. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Outcome<T>> {
  try {
    const { data, error, response } = await call;
    if (response.ok) return { is: "data", data: data as T };
    const said = typeof error === "object" && error !== null ? (error as Partial<Problem>) : {};
    return { is: "problem", problem: { code: "refused", title: "", ...said, status: response.status } };
  } catch {
    return { is: "offline" };
  }
}
