/** News: what the server says now that the person has not looked at yet. */

import type { Written } from "../aid/match";
import type { Answer, Message } from "./answer";

/** How far a person has looked. */
export interface Mark {
  readonly status: string;
  readonly steps: number;
  readonly messages: number;
}

/** What is written in the same moment as a report comes from the server itself; no person is as fast. */
const AT_FIRST_MS = 2_000;

export type News = "message" | "status" | "step";

/** How far somebody has looked who sees this answer. */
export function markOf(answer: Answer): Mark {
  return markAt(answer, Infinity, answer.status);
}

/** How far somebody has looked who only saw that the report was sent. */
function firstMark(answer: Answer): Mark {
  return markAt(answer, Date.parse(answer.received_at) + AT_FIRST_MS, "sent");
}

function markAt(answer: Answer, until: number, status: string): Mark {
  const isBefore = (one: { readonly at: string }): boolean => Date.parse(one.at) <= until;
  const said = [answer, ...(answer.matches ?? [])].flatMap<Message | Written>((one) => one.messages);
  const messages = said.filter((one) => one.from !== "me" && isBefore(one)).length;
  return { status, steps: answer.timeline.filter(isBefore).length, messages };
}

/** The most telling news in an answer; undefined when all of it was looked at. My own messages are no news to me. */
export function newsOf(answer: Answer, looked: Mark = firstMark(answer)): News | undefined {
  const now = markOf(answer);
  if (now.messages > looked.messages) return "message";
  if (now.status !== looked.status) return "status";
  return now.steps > looked.steps ? "step" : undefined;
}
