/** From what somebody chose and wrote to the request or offer that is sent. */

import type { Draft } from "../../outbox/outbox";

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
}

/** A report with the wish to be shown on the board. */
export interface AidDraft extends Draft {
  readonly aid?: { readonly on_board: true; readonly when?: { readonly days: Time } };
}

/** Nothing is chosen yet, but that somebody needs help. */
export const BLANK: Plea = { direction: "aid_request", note: "", isForOther: false, hasConsent: false, landmark: "", onBoard: false };

export type Lack = "category" | "consent";

/** What is still needed before it can be sent. Help for another is asked for only with their consent. */
export function lackOf(plea: Plea): Lack | undefined {
  if (!plea.category) return "category";
  return isForOther(plea) && !plea.hasConsent ? "consent" : undefined;
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

/** The report that is sent. `said`: what it is about and when, in the writer's words; `language`: their tag. */
export function draftOf(plea: Plea, said: { what: string; time?: string }, language: string): AidDraft {
  const landmark = plea.landmark.trim();
  const place = { ...(plea.fix && coarse(plea.fix)), ...(landmark && { landmark }) };
  return {
    kind: plea.direction,
    ...(plea.category && { category: plea.category }),
    text: [plea.note.trim() || said.what, said.time].filter(Boolean).join("\n"),
    ...(Object.keys(place).length > 0 && { place }),
    language,
    voice: isForOther(plea) ? "for_other" : "self",
    ...(plea.onBoard && { aid: { on_board: true as const, ...(plea.time && { when: { days: plea.time } }) } }),
  };
}
