/** A request or an offer in words: what, how much, when, for whom to see, and what has to be minded. */

import { byServer } from "../../shared/clock";
import type { Schemas } from "../api";
import { categoryName } from "../config";
import { count, language, say, span, t, tagOf, when } from "../i18n";
import type { Whole } from "../rosters/common";

export type Listing = Whole<Schemas["CoordinatedListing"]>;
export interface Window {
  readonly start?: string;
  readonly end?: string;
  readonly weekly?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}
export interface When {
  readonly days?: string;
  readonly windows?: readonly Window[];
}
export type Says = Readonly<Record<string, unknown>>;

/** What it is about. */
export function needOf(listing: { readonly need: string | null }): string {
  return listing.need ? categoryName(listing.need) : t("aid.unsorted");
}

/** All that it says in codes, in one line. */
export function saysOf(says: Says, at: When | null): string {
  const amount = typeof says["amount"] === "number" ? `${count(says["amount"])} ${say(`aid.unit.${String(says["unit"] ?? "")}`)}`.trim() : "";
  const people = typeof says["people"] === "number" ? t("aid.people", { count: says["people"] }) : "";
  const languages = listOf(says["languages"]).map(tongue).join(", ");
  const conditions = listOf(says["conditions"]).map((one) => say(`aid.condition.${one}`, one));
  const access = listOf(says["accessibility"]).map((one) => say(`aid.access.${one}`, one));
  return [amount, people, whenOf(at), languages, ...conditions, ...access].filter(Boolean).join(" · ");
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** About when: in hours where they are known, else in a word. */
export function whenOf(at: When | null): string {
  if (!at) return "";
  const windows = at.windows ?? [];
  if (windows.length > 0) return windows.map(windowOf).join("; ");
  return at.days ? say(`aid.days.${at.days}`, at.days) : "";
}

function windowOf(one: Window): string {
  if (one.weekly) {
    const days = one.weekly.map((day) => say(`aid.day.${day}`, day)).join(", ");
    return t("aid.weekly", { days, from: one.from ?? "", to: one.to ?? "" });
  }
  return `${when(one.start ?? "")} – ${new Intl.DateTimeFormat(tagOf(), { timeStyle: "short" }).format(new Date(one.end ?? ""))}`;
}

/** A language by its name in the reader's. */
export function tongue(code: string): string {
  try {
    return new Intl.DisplayNames([tagOf(language.value)], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** How long it has waited. */
export function waits(listing: Listing): string {
  return span(waitsFor(listing));
}

/** The same in seconds, by the server's clock. */
export function waitsFor(listing: Listing): number {
  return Math.max(0, (byServer() - Date.parse(listing.waiting_since)) / 1000);
}

/** What has to be minded: who may help, that a person has to look, that it is for somebody else. */
export function Marks({ listing }: { listing: Listing }) {
  const all = listing.safeguards.map((one) => say(`aid.safe.${one}`, one));
  if (listing.held) all.push(`⚠ ${t("aid.held")}`);
  if (listing.for_another) all.push(t("aid.for_another"));
  return all.length === 0 ? null : <ul class="plain row aid-marks">{all.map((one) => <li key={one} class="badge-words">{one}</li>)}</ul>;
}

/** A listing whole: its need, its incident, and what it says. */
export function Described({ listing }: { listing: Listing }) {
  const said = saysOf(listing.says, listing.when as When | null);
  return (
    <div>
      <b>{needOf(listing)}</b> <a href={`/console/incidents/${listing.incident.id}`}>{t("number", { number: listing.incident.number })}</a>
      {said && <div>{said}</div>}
      <Marks listing={listing} />
    </div>
  );
}
