/** The reader's language and the words in it: typed, a chunk for each part of the page, switched without a reload. */

import { computed, signal } from "@preact/signals";

import type { Dictionary, TextKey } from "../resident/texts/en";
import { write } from "./db";

export type Language = "en" | "zh";
export const LANGUAGES: readonly Language[] = ["en", "zh"];
/** How each language names itself. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", zh: "中文" };

/** The parts of the dictionary, each a file of `resident/texts/<language>/`. */
export type Area = "common" | "home" | "report" | "reports" | "thread" | "rights" | "aid" | "near" | "wish" | "sos" | "alarm" | "safety" | "more";
/** Which file holds the keys that begin so; all others are its own name or common. */
export const AREA_OF: Readonly<Record<string, Area>> = {
  home: "home", missing: "home", report: "report", sent: "report", reports: "reports", mine: "reports", open: "reports",
  rate: "thread", rights: "rights", stand: "thread", thread: "thread", aid: "aid", near: "near", wish: "wish", sos: "sos", alarm: "alarm", safety: "safety", alerts: "more",
  help: "more", install: "more",
};

const KEPT = "linli-language";
const FILES = import.meta.glob<Record<string, Partial<Dictionary>>>("../resident/texts/{en,zh}/{common,home,report,reports,thread,rights,aid,near,wish,sos,alarm,safety,more}.ts");
const dictionaries = signal<Partial<Record<Language, Partial<Dictionary>>>>({});
const asked = new Set<Area>(["common"]);
export const language = signal<Language>("en");
const words = computed(() => dictionaries.value[language.value] ?? {});

/** Enter words of a language at once: for prerendering and tests. */
export function enter(code: Language, dictionary: Partial<Dictionary>): void {
  dictionaries.value = { ...dictionaries.value, [code]: { ...dictionaries.value[code], ...dictionary } };
}

/** Fetch the words of some parts of the page in the reader's language. */
export async function need(...areas: readonly Area[]): Promise<void> {
  for (const area of areas) asked.add(area);
  await load(language.value, areas);
}

async function load(code: Language, areas: Iterable<Area>): Promise<void> {
  const found = await Promise.all([...areas].map((area) => FILES[`../resident/texts/${code}/${area}.ts`]?.()));
  for (const file of found) for (const part of Object.values(file ?? {})) enter(code, part);
}

/** Fetch all words that were asked for so far in a language, and speak it from now on. */
export async function speak(code: Language): Promise<void> {
  await load(code, asked);
  language.value = code;
  if (typeof document !== "undefined") document.documentElement.lang = tagOf(code);
}

/** Speak a language because somebody chose it, and remember so; for the service worker too, which reads the database. */
export async function choose(code: Language): Promise<void> {
  await speak(code);
  try {
    localStorage.setItem(KEPT, code);
    await write("language", code);
  } catch {
    // A browser that keeps nothing still speaks the language until it is closed.
  }
}

/** The language to begin with: the one chosen before, else the page's. */
export function first(): Language {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    kept = null;
  }
  if (kept === "en" || kept === "zh") return kept;
  return document.documentElement.lang.startsWith("zh") ? "zh" : "en";
}

/** The BCP 47 tag of a language. */
export function tagOf(code: Language): string {
  return code === "zh" ? "zh-Hans" : "en";
}

/** The words for `key` in the reader's language; `{name}` is replaced by the parameter of that name. */
export function t(key: TextKey, params: Record<string, string | number> = {}): string {
  const found = words.value[key];
  if (found === undefined) {
    askFor(key);
    return "";
  }
  return found.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ""));
}

/** Words that nobody had asked for yet come by themselves; the screen shows them when they are there. */
function askFor(key: string): void {
  const area = AREA_OF[key.split(".")[0] ?? ""] ?? "common";
  if (!asked.has(area)) void need(area);
}

/** The reader's version of a text that the server sent in both languages. */
export function pick(wording: Partial<Record<string, string>> | undefined): string {
  return wording?.[language.value] ?? wording?.["en"] ?? "";
}

/** A moment in words, in the device's own time zone. */
export function when(at: string | number | Date): string {
  const moment = new Date(at);
  const today = moment.toDateString() === new Date().toDateString();
  const shape: Intl.DateTimeFormatOptions = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(tagOf(language.value), shape).format(moment);
}

/** How long ago, in words. */
export function ago(at: string | number | Date, now: number = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000);
  const shape = new Intl.RelativeTimeFormat(tagOf(language.value), { numeric: "auto" });
  for (const [unit, size] of [["day", 86400], ["hour", 3600], ["minute", 60]] as const) {
    if (Math.abs(seconds) >= size) return shape.format(Math.trunc(seconds / size), unit);
  }
  return shape.format(seconds, "second");
}
