/** Calls of an SOS: small, outliving the page, and usable in the service worker too. */

import type { components } from "../../generated/contract";
import type { Outcome } from "../../shared/api";
import { hearTime } from "../../shared/clock";
import { language, tagOf } from "../../shared/i18n";

/** The report as its resident sees it. */
export type Thread = components["schemas"]["Receipt"];

const WITHIN_MS = 10_000;
const LATER = new Set([408, 425, 429]);

/** Call the server: a POST where there is a body. `receipt` opens the report. Never rejects. */
export async function call<T>(path: string, options: { receipt?: string; body?: unknown } = {}): Promise<Outcome<T>> {
  const headers: Record<string, string> = { "Accept-Language": tagOf(language.value) };
  if (options.receipt) headers["Authorization"] = `Receipt ${options.receipt}`;
  if (options.body) headers["Content-Type"] = "application/json";
  const how: RequestInit = { headers, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(WITHIN_MS) };
  // An SOS still goes when the page is left at the same moment.
  if (options.body) Object.assign(how, { method: "POST", keepalive: true, body: JSON.stringify(options.body) });
  try {
    const answer = await fetch(path, how);
    hearTime(answer);
    const said = (await answer.json()) as T;
    if (answer.ok) return { is: "data", data: said };
    return { is: "problem", problem: { code: "refused", title: "", ...said, status: answer.status } };
  } catch {
    return { is: "offline" };
  }
}

/** Whether the same call may succeed later: no answer, or one that says so. */
export function isLater(outcome: Outcome<unknown>): boolean {
  if (outcome.is !== "problem") return outcome.is === "offline";
  return outcome.problem.status >= 500 || LATER.has(outcome.problem.status);
}
