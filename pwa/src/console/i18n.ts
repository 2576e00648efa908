/** The reader's language and the words in it: typed, a file for each area and language, switched without a reload. */

import { computed, signal } from "@preact/signals";

import type { Areas, TextKey } from "./texts";

export type Language = "en" | "zh";
export type Area = keyof Areas;
export const LANGUAGES: readonly Language[] = ["en", "zh"];
/** How each language names itself. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", zh: "中文" };

const KEPT = "linli-language";
const FILES = import.meta.glob<{ default: Readonly<Record<string, string>> }>("./texts/{en,zh}/*.ts");
const dictionaries = signal<Readonly<Record<Language, Readonly<Record<string, string>>>>>({ en: {}, zh: {} });
const asked = new Set<string>(["common"]);
const words = computed(() => dictionaries.value[language.value]);
export const language = signal<Language>("en");

/** Fetch the words of some areas in the reader's language. Rejects where they cannot be had. */
export async function need(...areas: readonly Area[]): Promise<void> {
  for (const area of areas) asked.add(area);
  await load(language.value, areas);
}

async function load(code: Language, areas: Iterable<string>): Promise<void> {
  const found = await Promise.all([...areas].map((area) => FILES[`./texts/${code}/${area}.ts`]?.()));
  const all = Object.assign({}, dictionaries.value[code], ...found.map((file) => file?.default)) as Record<string, string>;
  dictionaries.value = { ...dictionaries.value, [code]: all };
}

/** Speak a language from now on, on every screen that was shown so far. */
export async function speak(code: Language): Promise<void> {
  await load(code, asked);
  language.value = code;
  document.documentElement.lang = tagOf(code);
}

/** Speak a language because somebody chose it, and remember so in this browser. */
export async function choose(code: Language): Promise<void> {
  await speak(code);
  try {
    localStorage.setItem(KEPT, code);
  } catch {
    // A browser that keeps nothing still speaks the language until it is closed.
  }
}

/** The language that was chosen in this browser, where one was. */
export function chosen(): Language | undefined {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept === "en" || kept === "zh" ? kept : undefined;
  } catch {
    return undefined;
  }
}

/** The BCP 47 tag of a language. */
export function tagOf(code: Language = language.value): string {
  return code === "zh" ? "zh-Hans" : "en";
}

/** The words for `key` in the reader's language; `{name}` is replaced by the parameter of that name. */
export function t(key: TextKey, params: Readonly<Record<string, string | number>> = {}): string {
  const found = words.value[key];
  if (found === undefined) {
    askFor(key);
    return "";
  }
  return found.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? ""));
}

/** The words for a key that is put together from what the server said; `otherwise` where there are none. */
export function say(key: string, otherwise = ""): string {
  return words.value[key] ?? otherwise;
}

/** Words that nobody had asked for yet come by themselves; the screen shows them when they are there. */
function askFor(key: string): void {
  const area = key.split(".")[0] ?? "";
  const file = `./texts/${language.value}/${area}.ts` in FILES ? area : "common";
  if (asked.has(file)) return;
  asked.add(file);
  void load(language.value, [file]).catch(() => asked.delete(file));
}

/** The reader's version of a text that the server sent in both languages. */
export function pick(wording: Readonly<Record<string, unknown>> | null | undefined): string {
  return String(wording?.[language.value] ?? wording?.["en"] ?? "");
}

/** Made once for each language and shape: a queue of clocks writes hundreds of them a second. */
function madeOnce<Shape, Made>(make: (tag: string, shape: Shape) => Made): (shape: Shape) => Made {
  const made = new Map<string, Made>();
  return (shape) => {
    const key = `${tagOf()} ${JSON.stringify(shape)}`;
    const found = made.get(key) ?? make(tagOf(), shape);
    made.set(key, found);
    return found;
  };
}

const dates = madeOnce((tag, shape: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag, shape));
const numbers = madeOnce((tag, shape: Intl.NumberFormatOptions) => new Intl.NumberFormat(tag, shape));

/** A moment in words, in the device's own time zone. */
export function when(at: string | number | Date): string {
  const moment = new Date(at);
  const today = moment.toDateString() === new Date().toDateString();
  const shape: Intl.DateTimeFormatOptions = today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return dates(shape).format(moment);
}

/** A length of time in words, in its biggest unit: "12 min", "3 h", "2 d". `seconds` is 0 or more. */
export function span(seconds: number): string {
  const [unit, size] = seconds >= 172_800 ? (["day", 86_400] as const) : seconds >= 5400 ? (["hour", 3600] as const)
    : seconds >= 60 ? (["minute", 60] as const) : (["second", 1] as const);
  return numbers({ style: "unit", unit, unitDisplay: "short" }).format(Math.floor(seconds / size));
}

/** A number as the reader writes it. */
export function count(value: number): string {
  return numbers({}).format(value);
}
