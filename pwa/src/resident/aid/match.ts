/** What the server says of neighbours: the board, and the matches of an own report. Types, and small judgements. */

import { ago } from "../../shared/i18n";
import type { Mine } from "../../outbox/outbox";
import type { Known } from "../reports/mylist";
import type { Direction, Time } from "./draft";
import type { Says, When } from "./wish";

export type Side = "request" | "offer";
export type Distance = "under_500m" | "under_1km" | "under_3km" | "further";

/** One entry of the board: all that anybody learns of it. */
export interface Listing {
  readonly id: string;
  readonly direction: Side;
  readonly need: string;
  readonly when: (When & { readonly days?: Time }) | null;
  /** What it says in codes; missing where an older server answered. */
  readonly says?: Says;
  readonly language: string;
  readonly distance: Distance;
  /** Cut to the hour. */
  readonly listed_at: string;
}

/** What one side wrote. Words that were erased come as an object. */
export interface Written {
  readonly id: string;
  readonly at: string;
  readonly from: "me" | "other";
  readonly words: unknown;
}

/** A contact with a neighbour, as my side sees it. */
export interface Match {
  readonly id: string;
  readonly side: Side;
  readonly state: string;
  readonly state_words: string;
  readonly need: string;
  readonly when: When | null;
  readonly language: string;
  readonly answered_by_me: boolean;
  readonly at: string;
  readonly accepted_by_me: boolean;
  readonly accepted_by_other: boolean;
  readonly done_by_me: boolean;
  readonly done_by_other: boolean;
  readonly allowed: readonly string[];
  readonly messages: readonly Written[];
  /** What follows is missing in what was kept before it was told. A coordinator brought the two together. */
  readonly proposed?: boolean;
  readonly theirs?: { readonly says?: Says; readonly when?: When | null };
  readonly advice?: readonly string[];
  readonly place?: { readonly lat?: number; readonly lon?: number; readonly landmark?: string } | null;
  readonly contact?: { readonly name?: string; readonly phone?: string; readonly email?: string } | null;
  readonly shares_by_me?: boolean;
  readonly shares_by_other?: boolean;
  readonly waits_for_second?: boolean;
  readonly asks_how?: boolean;
}

/** Whether a report is on the board and until when, or why not. */
export interface OnBoard {
  readonly on_board: boolean;
  readonly listing_id?: string;
  readonly until?: string;
  readonly reason?: string | null;
  readonly words?: string;
  /** We have asked whether it is still so. */
  readonly asks?: boolean;
  /** It can be said that it is still so, or no longer. */
  readonly still?: boolean;
  readonly says?: Says;
  readonly when?: When | null;
}

/** The kind of report with which a listing is answered. */
export function answering(listing: Listing): Direction {
  return listing.direction === "request" ? "aid_offer" : "aid_request";
}

const OVER = new Set(["closed", "withdrawn"]);

/** My newest report that can answer a listing: of the other direction, about the same need, and not over. */
export function ownFor(listing: Listing, all: readonly Known[]): Mine | undefined {
  const fits = ({ mine, kept }: Known): boolean =>
    mine.kind === answering(listing) && (kept?.answer ?? mine).incident.category === listing.need && !OVER.has((kept?.answer ?? mine).status);
  return all.find(fits)?.mine;
}

/** Whether a listing is of a report of this phone. */
export function isMine(listing: Listing, all: readonly Known[]): boolean {
  return all.some(({ mine, kept }) => (kept?.answer.aid ?? (mine as { aid?: OnBoard }).aid)?.listing_id === listing.id);
}

const DAY_MS = 86_400_000;

/** How long a listing has been there, in whole days; undefined within the first. */
export function ageOf(listing: Listing, now: number): string | undefined {
  return now - Date.parse(listing.listed_at) < DAY_MS ? undefined : ago(listing.listed_at, now);
}

/** The board with a further page: what moved from one page to the next meanwhile is shown once. */
export function together(shown: readonly Listing[], more: readonly Listing[]): readonly Listing[] {
  const known = new Set(shown.map((one) => one.id));
  return [...shown, ...more.filter((one) => !known.has(one.id))];
}
