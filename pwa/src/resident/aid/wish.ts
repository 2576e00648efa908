/** What a request or an offer says in codes: how much, when, for how many, under what conditions. Nothing of it is asked for. */

import { language, t, tagOf } from "../../shared/i18n";
import type { TextKey } from "../texts/en";

export const UNITS = ["portion", "kg", "litre", "piece", "box", "set", "hour", "trip", "night"] as const;
export const CONDITIONS = [
  "at_the_door", "outdoors", "by_day", "by_night", "return_it", "pick_up", "brought", "own_vehicle", "no_pets", "no_smoke", "two_come",
  "not_outdoors_in_rain",
] as const;
export const ACCESS = ["step_free", "lift", "wheelchair", "seat", "sign_language", "large_print", "easy_words", "quiet", "guide_dog"] as const;
/** Spoken most where Linli is used first; whatever else is spoken can be written. */
export const SPOKEN = ["zh", "yue", "hak", "nan", "wuu", "en"] as const;
export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;

/** A time each week, local to the place, or once. */
export interface Window {
  readonly weekly?: readonly string[];
  readonly from?: string;
  readonly to?: string;
  readonly until?: string;
  readonly start?: string;
  readonly end?: string;
}

/** What a listing says, as the server tells it. What it does not say is not there. */
export interface Says {
  readonly amount?: number;
  readonly unit?: string;
  readonly people?: number;
  readonly languages?: readonly string[];
  readonly accessibility?: readonly string[];
  readonly conditions?: readonly string[];
  readonly resource?: string;
}

export interface When {
  readonly days?: string;
  readonly windows?: readonly Window[];
}

/** What somebody has chosen in the form; what is not chosen is not sent. */
export interface Wish extends Says {
  readonly days?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

/** The codes that are sent, without what is empty. */
export function saidIn({ days, from, to, ...says }: Wish): Says & { readonly windows?: readonly Window[] } {
  const { amount, unit, ...rest } = says;
  const kept = Object.entries(rest).filter(([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0));
  return {
    ...Object.fromEntries(kept),
    ...(amount !== undefined && { amount, ...(unit && { unit }) }),
    ...(days?.length && from && to && { windows: [{ weekly: days, from, to }] }),
  };
}

/** A code's words; a code that a newer server knows and this page does not is left out. */
function worded(code: string): string {
  return t(`wish.${code}` as TextKey);
}

/** A language by the reader's name for it. Browsers lack names for many that are spoken here. */
export function spokenName(code: string): string {
  if ((SPOKEN as readonly string[]).includes(code)) return worded(`speak_${code}`);
  try {
    return new Intl.DisplayNames([tagOf(language.value)], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** A day of the week as people write it; the second of March 2026 was a Monday. */
export function dayName(code: string): string {
  const at = new Date(Date.UTC(2026, 2, 2 + WEEKDAYS.indexOf(code as (typeof WEEKDAYS)[number])));
  return new Intl.DateTimeFormat(tagOf(language.value), { weekday: "short", timeZone: "UTC" }).format(at);
}

function hours(window: Window): string {
  if (window.weekly) {
    const told = t("wish.hours_of", { days: window.weekly.map(dayName).join(" "), from: window.from ?? "", to: window.to ?? "" });
    return window.until ? `${told}, ${t("wish.until", { day: window.until })}` : told;
  }
  const shape = new Intl.DateTimeFormat(tagOf(language.value), { dateStyle: "medium", timeStyle: "short" });
  return shape.formatRange(new Date(window.start ?? 0), new Date(window.end ?? 0));
}

/** What a listing says, in words, each part by itself. */
export function inWords(says: Says = {}, when: When | null = null): readonly string[] {
  const amount = says.amount === undefined ? "" : [says.amount, says.unit && worded(says.unit)].filter(Boolean).join(" ");
  const codes = [...(says.conditions ?? []), ...(says.accessibility ?? [])].map(worded);
  const parts = [
    says.resource && worded(says.resource), amount, says.people && t("wish.for_people", { count: says.people }),
    ...(when?.windows ?? []).map(hours), ...(says.languages ?? []).map(spokenName), ...codes,
  ];
  return parts.filter((part): part is string => Boolean(part));
}
