/** From what somebody chose and wrote to the request or offer that is sent. */

import type { Draft } from "../../outbox/outbox";
import type { Says, When, Wish } from "./wish";

export type Direction = "aid_request" | "aid_offer";
export type Time = "soon" | "week" | "often" | "any";

/** A position as the phone gave it. */
export interface Fix {
  readonly lat: number;
  readonly lon: number;
  readonly accuracy_m: number;
  readonly taken_at: string;
}

/** What is on the screen of the form. */
export interface Plea {
  readonly direction: Direction;
  readonly category?: string;
  readonly note: string;
  readonly time?: Time;
  readonly isForOther: boolean;
  /** The other one knows of it and agrees. */
  readonly hasConsent: boolean;
  readonly landmark: string;
  readonly fix?: Fix | undefined;
  /** Shown to neighbours on the board, without words and place. */
  readonly onBoard: boolean;
  /** More details, where somebody has opened them. */
  readonly wish?: Wish;
}

/** A report with the wish to be shown on the board, and what it says in codes. */
export interface AidDraft extends Draft {
  readonly aid?: Says & { readonly on_board: boolean; readonly when?: When; readonly for_another?: { readonly said_by: "themselves" } };
}

/** Nothing is chosen yet, but that somebody needs help. */
export const BLANK: Plea = { direction: "aid_request", note: "", isForOther: false, hasConsent: false, landmark: "", onBoard: false };

export type Lack = "category" | "consent" | "hours";

/** What is still needed before it can be sent. Help for another is asked for only with their consent. */
export function lackOf(plea: Plea): Lack | undefined {
  if (!plea.category) return "category";
  if (isForOther(plea) && !plea.hasConsent) return "consent";
  return lacksHours(plea.wish) ? "hours" : undefined;
}

/** Days were chosen, but not from when to when, or the other way round. */
function lacksHours({ days = [], from, to }: Wish = {}): boolean {
  const chosen = [days.length > 0, Boolean(from), Boolean(to)];
  return chosen.some(Boolean) && (chosen.includes(false) || from === to);
}

function isForOther(plea: Plea): boolean {
  return plea.direction === "aid_request" && plea.isForOther;
}

/** About 100 metres: enough for who is near, too little for a door. */
const GRID = 1000;
const GRID_M = 100;

/** A position made coarse on the phone already: finding a helper nearby needs no more. */
export function coarse(fix: Fix): Fix {
  const round = (degrees: number): number => Math.round(degrees * GRID) / GRID;
  return { lat: round(fix.lat), lon: round(fix.lon), accuracy_m: Math.max(GRID_M, Math.ceil(fix.accuracy_m)), taken_at: fix.taken_at };
}

/** What is sent in codes; nothing where nothing was chosen. */
function codesOf(plea: Plea, codes: Says & { readonly windows?: When["windows"] }): AidDraft["aid"] {
  const { windows, ...says } = codes;
  const found = { ...(plea.time && { days: plea.time }), ...(windows && { windows }) };
  const aid = {
    ...says,
    ...(Object.keys(found).length > 0 && { when: found }),
    ...(isForOther(plea) && plea.hasConsent && { for_another: { said_by: "themselves" as const } }),
  };
  return plea.onBoard || Object.keys(aid).length > 0 ? { on_board: plea.onBoard, ...aid } : undefined;
}

/** The report that is sent. `codes`: the details, without what is empty (`wish.ts`). `said`: what it is about and when, in the writer's words; `language`: their tag. */
export function draftOf(plea: Plea, said: { what: string; time?: string }, language: string, codes: Says = {}): AidDraft {
  const landmark = plea.landmark.trim();
  const aid = codesOf(plea, codes);
  const place = { ...(plea.fix && coarse(plea.fix)), ...(landmark && { landmark }) };
  return {
    kind: plea.direction,
    ...(plea.category && { category: plea.category }),
    text: [plea.note.trim() || said.what, said.time].filter(Boolean).join("\n"),
    ...(Object.keys(place).length > 0 && { place }),
    language,
    voice: isForOther(plea) ? "for_other" : "self",
    ...(aid && { aid }),
  };
}
