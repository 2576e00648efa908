/** What the server says of a report, and the one sentence that says how it stands. */

import type { Match, OnBoard } from "../aid/match";
import type { TextKey } from "../texts/en";

/** One thing that happened, in the resident's words. */
export interface Step {
  readonly at: string;
  readonly what: string;
  readonly words: string;
}

/** One message of the thread. Words that were erased come as an object. */
export interface Message {
  readonly id: string;
  readonly at: string;
  readonly from: "me" | "linli";
  readonly words: unknown;
  readonly seen: boolean;
  /** How many photos and voice notes came along. */
  readonly photos?: number;
  readonly voices?: number;
}

/** That somebody looked at the report: in the server's words, with the role and the reason, never a name. */
export interface Look {
  readonly at: string;
  readonly words: string;
}

/** Told, seen, coming, arrived: proven when `at` is there. */
export interface Proof {
  readonly what: string;
  readonly at: string | null;
  readonly words: string;
}

/** Whom to call first, where somebody may be in danger. */
export interface Emergency {
  readonly number: string;
  readonly advice: string;
  readonly helplines?: readonly { readonly service: string; readonly number: string }[];
}

/** A report as GET /api/v1/receipt shows it. */
export interface Answer {
  readonly id: string;
  readonly status: string;
  readonly received_at: string;
  readonly incident: { readonly id: string; readonly grade: number; readonly category: string | null; readonly status: string };
  readonly owner: { readonly label: string };
  readonly next_update_by: string | null;
  readonly emergency?: Emergency | null;
  readonly text?: unknown;
  readonly timeline: readonly Step[];
  readonly messages: readonly Message[];
  readonly deliveries: readonly Proof[];
  readonly allowed: readonly string[];
  readonly aid?: OnBoard | null;
  readonly matches?: readonly Match[];
  /** The latest first; undefined in what was kept before it was told. */
  readonly looked?: readonly Look[];
}

/** Where the work itself says more than that it goes on. */
const HANDLED: Readonly<Record<string, TextKey>> = {
  waiting: "stand.on_hold",
  stabilised: "stand.stabilised",
  recovering: "stand.stabilised",
  goals_checked: "stand.checking",
  not_ours_handed_over: "stand.handed_over",
  merged: "stand.merged",
};

/** The one sentence that is true of a report now. What is not known is said to be as little as "sent". */
export function sentenceOf(answer: Answer): TextKey {
  switch (answer.status) {
    case "seen":
      return "stand.seen";
    case "handled":
      return HANDLED[answer.incident.status] ?? workOf(answer);
    case "closed":
      return can(answer, "reopen") ? "stand.closed_open" : "stand.closed";
    case "withdrawn":
      // Others may have reported the same, or somebody may be in danger: then the work does not end with my report.
      return answer.incident.status === "withdrawn" ? "stand.withdrawn" : "stand.withdrawn_on";
    default:
      return "stand.sent";
  }
}

function workOf(answer: Answer): TextKey {
  const isProven = (what: string): boolean => answer.deliveries.some((proof) => proof.what === what && proof.at !== null);
  if (isProven("arrived")) return "stand.arrived";
  return isProven("coming") ? "stand.coming" : "stand.handled";
}

/** Whether the server takes this act on the report now. */
export function can(answer: Answer, act: string): boolean {
  return answer.allowed.includes(act);
}

/** Whether nothing more is expected to happen. */
export function isOver(answer: Answer): boolean {
  return answer.status === "closed" || answer.status === "withdrawn";
}

/** Whether the promised news is overdue at `now` (milliseconds). */
export function isLate(answer: Answer, now: number): boolean {
  return !isOver(answer) && answer.next_update_by !== null && Date.parse(answer.next_update_by) < now;
}
