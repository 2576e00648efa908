/** Calls about the board, and about matches by the receipt of an own report. */

import { api, ask, type Outcome } from "../../shared/api";
import type { Answer } from "../reports/answer";
import { coarse, type Fix } from "./draft";
import type { Listing, Side } from "./match";

const WITHIN_MS = 20_000;
const PAGE = 20;

/** What somebody looks for. */
export interface Wanted {
  readonly direction?: Side | undefined;
  readonly need?: string | undefined;
}

export interface Page {
  readonly items: readonly Listing[];
  readonly next_cursor: string | null;
}

/** A page of the board around a place, which is made coarse before it leaves the phone and never stands in an address. */
export function look(fix: Fix, { direction, need }: Wanted, cursor?: string): Promise<Outcome<Page>> {
  const { lat, lon } = coarse(fix);
  const body = { near: { lat, lon }, limit: PAGE, ...(direction && { direction }), ...(need && { need }), ...(cursor && { cursor }) };
  return ask(api.POST("/api/v1/aid/listings/search", { body, signal: AbortSignal.timeout(WITHIN_MS) })) as Promise<Outcome<Page>>;
}

function by(receipt: string, key?: string) {
  const headers = { Authorization: `Receipt ${receipt}`, ...(key && { "Idempotency-Key": key }) };
  return { headers, signal: AbortSignal.timeout(WITHIN_MS) };
}

function answered(call: Parameters<typeof ask>[0]): Promise<Outcome<Answer>> {
  return ask(call) as Promise<Outcome<Answer>>;
}

/** Answer a listing; that says yes for my side. */
export function answer(receipt: string, listing: string, text: string, key: string): Promise<Outcome<Answer>> {
  const body = { listing_id: listing, ...(text && { text }) };
  return answered(api.POST("/api/v1/receipt/aid/answers", { ...by(receipt, key), body }));
}

/** Take my report off the board. */
export function takeOff(receipt: string): Promise<Outcome<Answer>> {
  return answered(api.POST("/api/v1/receipt/aid/off-board", by(receipt)));
}

/** Say that it is still so, or no longer. */
export function sayStill(receipt: string, still: boolean): Promise<Outcome<Answer>> {
  return answered(api.POST("/api/v1/receipt/aid/still", { ...by(receipt), body: { still } }));
}

export type Went = "well" | "so_so" | "badly";

/** Say how it went; the other side never reads it. */
export function rate(receipt: string, match: string, went: Went): Promise<Outcome<Answer>> {
  const params = { path: { match_id: match } };
  return answered(api.POST("/api/v1/receipt/aid/matches/{match_id}/rating", { ...by(receipt), params, body: { went } }));
}

export type Said = "accept" | "decline" | "done" | "failed" | "cancel" | "share" | "unshare";

/** Say yes, no, done, not done, or take my yes back. */
export function say(receipt: string, match: string, said: Said): Promise<Outcome<Answer>> {
  return answered(api.POST(`/api/v1/receipt/aid/matches/{match_id}/${said}`, { ...by(receipt), params: { path: { match_id: match } } }));
}

/** Stop it because something feels wrong. The words go to the coordinator alone. */
export function worry(receipt: string, match: string, text: string, key: string): Promise<Outcome<Answer>> {
  const params = { path: { match_id: match } };
  return answered(api.POST("/api/v1/receipt/aid/matches/{match_id}/worry", { ...by(receipt, key), params, body: text ? { text } : {} }));
}

/** Write to the other side. */
export function write(receipt: string, match: string, text: string, key: string): Promise<Outcome<Answer>> {
  const params = { path: { match_id: match } };
  return answered(api.POST("/api/v1/receipt/aid/matches/{match_id}/messages", { ...by(receipt, key), params, body: { text } }));
}
