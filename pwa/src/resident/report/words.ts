/** From what stands in the form to the report that is sent, and from what the server refuses back to the field. */

import type { Draft, Problem } from "../../outbox/outbox";
import type { Words } from "./fields";
import { moved, type Spot, takenAt } from "./place";

/** Where something needs another look; `other` is for what belongs to no field. */
export type Where = "text" | "landmark" | "place" | "category" | "email" | "phone" | "consent" | "photo" | "other";
/** What is wrong at each field, in words. */
export type Wrong = Readonly<Partial<Record<Where, string>>>;
/** What the form itself can see to be wrong; each is the name of a text. */
export type Lack = "report.wrong_nothing" | "report.wrong_email" | "report.wrong_consent";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Text as the server takes it: one kind of line end, no NUL, no half characters. */
function clean(said: string | undefined): string {
  const whole = (said ?? "").replaceAll("\0", "").replaceAll("\r\n", "\n");
  return decoder.decode(encoder.encode(whole)).trim();
}

/** Whether it goes as urgent: then nothing that can be left out may hold it up. */
export function isUrgent(words: Words, kind: Draft["kind"] = "concern"): boolean {
  return kind === "distress" || words.danger_now !== undefined;
}

/** What is missing or cannot be right, by field; nothing of it stops an urgent report. */
export function lacks(words: Words, spot: Spot | undefined, kind: Draft["kind"] = "concern"): Partial<Record<Where, Lack>> {
  if (isUrgent(words, kind)) return {};
  const says = clean(words.text) || clean(words.landmark) || spot;
  const address = words.anonymous === undefined && (clean(words.email) || clean(words.phone));
  return {
    ...(!says && { text: "report.wrong_nothing" as const }),
    ...(address && clean(words.email) && !isAddress(words.email) && { email: "report.wrong_email" as const }),
    ...(address && words.consent === undefined && { consent: "report.wrong_consent" as const }),
  };
}

function isAddress(said: string | undefined): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(clean(said));
}

/** How to reach the person: only with a clear yes, and never beside "anonymous". */
function contactOf(words: Words): Draft["contact"] {
  if (words.anonymous !== undefined || words.consent === undefined) return undefined;
  const phone = clean(words.phone);
  const email = isAddress(words.email) ? clean(words.email) : "";
  return email || phone ? { ...(email && { email }), ...(phone && { phone }), consent: true } : undefined;
}

function placeOf(words: Words, spot: Spot | undefined): Draft["place"] {
  const landmark = clean(words.landmark);
  if (!spot) return landmark ? { landmark } : undefined;
  const taken_at = takenAt(spot);
  const accuracy_m = Math.min(100_000, Math.max(0, Math.round(spot.accuracy_m)));
  return { ...moved(spot), accuracy_m, ...(taken_at && { taken_at }), ...(landmark && { landmark }) };
}

/** What else goes into a report besides what stands in the form. */
export interface Beside {
  readonly language: string;
  /** What a tap alone says, for an urgent report that has neither words nor a place. */
  readonly tapped: string;
  /** The report as it was refused, when it is mended: what this form does not show stays as it was. */
  readonly before?: Draft | undefined;
}

const NEW: Draft = { kind: "concern" };

/** The report that the form says. */
export function draftOf(words: Words, spot: Spot | undefined, beside: Beside): Draft {
  const { text: _text, place: _place, category: _category, contact: _contact, ...stays } = beside.before ?? NEW;
  const place = placeOf(words, spot);
  const silent = isUrgent(words) && stays.kind !== "distress" && !place;
  const text = clean(words.text) || (silent ? beside.tapped : "");
  const contact = contactOf(words);
  return {
    ...stays,
    language: beside.language,
    danger_now: words.danger_now !== undefined,
    anonymous: words.anonymous !== undefined,
    ...(words.category && { category: words.category }),
    ...(text && { text }),
    ...(place && { place }),
    ...(contact && { contact }),
  };
}

/** The words of a report that was sent before, to be mended. */
export function wordsOf(sent: Draft): Words {
  const { contact, place } = sent;
  const found: Record<string, string | undefined> = {
    danger_now: sent.danger_now ? "yes" : undefined, anonymous: sent.anonymous ? "yes" : undefined,
    category: sent.category, text: sent.text, landmark: place?.landmark,
    email: contact?.email, phone: contact?.phone, consent: contact?.consent ? "yes" : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value)) as Words;
}

/** The position of a report that was sent before. */
export function spotOf(sent: Draft): Spot | undefined {
  const { lat, lon, accuracy_m, taken_at } = sent.place ?? {};
  if (lat === undefined || lon === undefined) return undefined;
  return { lat, lon, accuracy_m: accuracy_m ?? 0, east: 0, north: 0, ...(taken_at && { at: Date.parse(taken_at) }) };
}

const FIELD_OF: Readonly<Record<string, Where>> = {
  text: "text", category: "category", place: "place", "place.landmark": "landmark",
  "contact.email": "email", "contact.phone": "phone", photo_ids: "photo",
};

/** The server's findings at the fields of the form, in its own words. */
export function wrongOf(problem: Problem): Wrong {
  const found: Partial<Record<Where, string>> = {};
  const walk = (said: unknown, path: readonly string[]): void => {
    if (typeof said === "string") found[fieldOf(path)] ??= said;
    else if (Array.isArray(said)) said.forEach((one) => walk(one, path));
    else if (said && typeof said === "object") {
      for (const [name, inner] of Object.entries(said)) walk(inner, [...path, name]);
    }
  };
  walk(problem.errors, []);
  return found;
}

function fieldOf(path: readonly string[]): Where {
  const names = path.filter((name) => name !== "json");
  return FIELD_OF[names.slice(0, 2).join(".")] ?? FIELD_OF[names[0] ?? ""] ?? "other";
}
