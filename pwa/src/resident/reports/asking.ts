/** Calls about one report, by its receipt. The code travels in a header, never in an address. */

import type { Mine } from "../../outbox/outbox";
import { api, ask, type Outcome } from "../../shared/api";
import type { components } from "../../generated/contract";
import type { Answer } from "./answer";
import { keepAnswer } from "./kept";
import { bodyOf, type Note } from "./notes";

const WITHIN_MS = 20_000;

/** What a report is asked or told with; `key` makes that a call sent twice is done once. */
function shown(receipt: string, key?: string) {
  const headers = { Authorization: `Receipt ${receipt}`, ...(key && { "Idempotency-Key": key }) };
  return { headers, signal: AbortSignal.timeout(WITHIN_MS) };
}

function answered(call: Parameters<typeof ask>[0]): Promise<Outcome<Answer>> {
  return ask(call) as Promise<Outcome<Answer>>;
}

/** The report of a code as it stands now. */
export function askReceipt(receipt: string): Promise<Outcome<Answer>> {
  return answered(api.GET("/api/v1/receipt", shown(receipt)));
}

/** Ask about a report of this phone and keep the answer. */
export async function refresh(mine: Mine): Promise<Outcome<Answer>> {
  const outcome = await askReceipt(mine.receipt);
  if (outcome.is === "data") await keepAnswer(mine.clientId, outcome.data).catch(() => undefined);
  return outcome;
}

/** Say that messages were seen; whether the server has it. Said twice it counts once. */
export async function saySeen(receipt: string, ids: string[]): Promise<boolean> {
  return (await ask(api.POST("/api/v1/receipt/seen", { ...shown(receipt), body: { ids } }))).is === "data";
}

/** Take the report back. */
export function withdraw(receipt: string): Promise<Outcome<Answer>> {
  return answered(api.POST("/api/v1/receipt/withdraw", { ...shown(receipt), body: {} }));
}

/** Say that a closed report is not solved, and why if there are words. */
export function reopen(receipt: string, text: string, key: string): Promise<Outcome<Answer>> {
  return answered(api.POST("/api/v1/receipt/reopen", { ...shown(receipt, key), body: text ? { text } : {} }));
}

/** Write to those who handle the report, at once. */
export function say(receipt: string, said: Pick<Note, "text" | "photoIds">, key: string): Promise<Outcome<Answer>> {
  return answered(api.POST("/api/v1/receipt/messages", { ...shown(receipt, key), body: bodyOf(said) as components["schemas"]["Message"] }));
}

/** Say how it went. */
export function rate(receipt: string, body: components["schemas"]["Feedback"]): Promise<Outcome<Answer>> {
  return answered(api.POST("/api/v1/receipt/feedback", { ...shown(receipt), body }));
}
