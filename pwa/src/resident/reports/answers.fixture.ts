/** Answers of the server for tests. */

import type { Mine } from "../../outbox/outbox";
import type { Match } from "../aid/match";
import type { Answer, Message, Step } from "./answer";

/** A report that was sent and not yet read, changed as the test needs it. */
export function answerWith(change: Partial<Answer> & { readonly state?: string } = {}): Answer {
  const { state = "received", ...rest } = change;
  return {
    id: "r", status: "sent", received_at: "2026-03-02T09:00:00+00:00",
    incident: { id: "i", grade: 4, category: "CN01", status: state }, owner: { label: "Night desk" },
    next_update_by: "2026-03-02T10:00:00+00:00", emergency: null, text: "The railing is loose",
    timeline: [step("received")], messages: [],
    deliveries: ["told", "seen", "coming", "arrived"].map((what) => ({ what, at: null, words: "No." })),
    allowed: ["messages", "withdraw"], ...rest,
  };
}

/** One step of the timeline, so many minutes after the report. */
export function step(what: string, minutes = 0): Step {
  return { at: after(minutes), what, words: "It happened." };
}

/** One message, so many minutes after the report. */
export function message(from: "me" | "linli", minutes = 10): Message {
  return { id: crypto.randomUUID(), at: after(minutes), from, words: "Hello", seen: false };
}

/** A contact with a neighbour in which one side has written. */
export function contact(from: "me" | "other"): Match {
  const written = { id: crypto.randomUUID(), at: after(10), from, words: "At six?" };
  return {
    id: "m", side: "request", state: "in_progress", state_words: "You are arranging it.", need: "AID01", when: null, language: "en",
    answered_by_me: false, at: after(5), accepted_by_me: true, accepted_by_other: true, done_by_me: false, done_by_other: false,
    allowed: ["messages"], messages: [written],
  };
}

function after(minutes: number): string {
  return new Date(Date.parse("2026-03-02T09:00:00Z") + minutes * 60_000).toISOString();
}

/** A report of this phone. */
export function mineOf(clientId: string): Mine {
  return {
    clientId, kind: "concern", title: "", id: `server-${clientId}`, receipt: "7KQF-2M9D-X4TB-0WHR", status: "sent",
    received_at: "2026-03-02T09:00:00+00:00", incident: { id: "i", grade: 4, category: "CN01", status: "received" },
    owner: { label: "Night desk" }, next_update_by: "2026-03-02T10:00:00+00:00",
  };
}
