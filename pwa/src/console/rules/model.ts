/** What a draft says of a rule, as a layer's document holds it, and how it is edited: no signal, no network. */

export type Wording = Readonly<Record<"en" | "zh", string>>;
/** A comparison of a sentence. `value` is a text, a number, a list of them, or `{value_of}`: the value of a rule. */
export interface Comparison {
  readonly field: string;
  readonly is: string;
  readonly value?: unknown;
}
export type Part = Comparison | { readonly any: readonly Comparison[] };
/** "When all of these hold, unless one of those does." */
export interface Tree {
  readonly all: readonly Part[];
  readonly unless: readonly Comparison[];
}
export interface Clause {
  readonly id: string;
  readonly lock?: string;
  readonly when: string;
  readonly because: Wording;
  readonly then: Readonly<Record<string, unknown>>;
}
export interface Example {
  readonly name: string;
  readonly event?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly moment?: Readonly<Record<string, unknown>>;
  readonly expect?: Readonly<Record<string, unknown>>;
}
export interface Setting {
  readonly value: unknown;
  readonly lock?: string;
  readonly [other: string]: unknown;
}
/** A rule's body. What this screen does not know of it is kept as it came. */
export interface Body {
  readonly title?: Wording;
  readonly explanation?: Wording;
  readonly lock?: string;
  readonly categories?: readonly string[];
  readonly driven_by?: readonly string[];
  readonly clauses?: readonly Clause[];
  readonly values?: Readonly<Record<string, unknown>>;
  readonly tests?: readonly Example[];
  readonly [other: string]: unknown;
}
/** Bodies by code; null takes the rule away. */
export type Edits = Readonly<Record<string, Body | null>>;

export const NO_WORDS: Wording = { en: "", zh: "" };
export const LOCKS = ["local", "default", "floor", "ceiling"] as const;
const EFFECTS = "then" as const;
const CODE = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;

/** Whether something may be a rule's code. */
export function isCode(text: string): boolean {
  return CODE.test(text);
}

/** Whether a part is several comparisons of which one must hold. */
export function isGroup(part: Part): part is { readonly any: readonly Comparison[] } {
  return "any" in part;
}

/** A rule with its one condition written as a list of one, which is how the form shows every rule. */
export function spread(body: Body): Body {
  if (typeof body["when"] !== "string") return body;
  const { when, because, then, ...rest } = body as Body & { when: string; because?: Wording; then?: Clause["then"] };
  return { ...rest, clauses: [withEffects({ id: "only", when, because: because ?? NO_WORDS }, then ?? {})] };
}

/** A list with one of its members written anew; undefined takes it out. */
export function withAt<T>(list: readonly T[], at: number, one: T | undefined): readonly T[] {
  return one === undefined ? list.filter((_, index) => index !== at) : list.map((held, index) => (index === at ? one : held));
}

/** A record with one name written anew; undefined takes it out. */
export function withName<T>(held: Readonly<Record<string, T>>, name: string, value: T | undefined): Readonly<Record<string, T>> {
  const { [name]: _, ...rest } = held;
  return value === undefined ? rest : { ...held, [name]: value };
}

/** A name for a new clause that no other of the rule has. */
export function freshId(clauses: readonly Clause[]): string {
  const taken = new Set(clauses.map((one) => one.id));
  let number = clauses.length + 1;
  while (taken.has(`c${number}`)) number += 1;
  return `c${number}`;
}

/** A clause that holds always and does nothing yet. */
export function newClause(beside: readonly Clause[]): Clause {
  return withEffects({ id: freshId(beside), when: "true", because: NO_WORDS }, {});
}

/** A clause with other effects. Their name is that of the document, and also what would make a promise of an object. */
export function withEffects(clause: Omit<Clause, "then">, effects: Clause["then"]): Clause {
  return { ...clause, [EFFECTS]: effects };
}

/** A rule of a place's own, empty but for what every rule needs. */
export function newRule(): Body {
  return {
    title: NO_WORDS, lock: "local", driven_by: ["ReportReceived"], categories: [],
    clauses: [newClause([])], tests: [],
  };
}

/** The value of a setting, however it is written. */
export function valueOf(setting: unknown): unknown {
  return isSetting(setting) ? setting.value : setting;
}

/** The lock of a setting, where it says one. */
export function lockOf(setting: unknown): string {
  return isSetting(setting) ? (setting.lock ?? "") : "";
}

function isSetting(setting: unknown): setting is Setting {
  return typeof setting === "object" && setting !== null && !Array.isArray(setting) && "value" in setting;
}

/** A setting with another value or lock; a plain value where nothing but the value is said. */
export function setting(held: unknown, change: { value?: unknown; lock?: string }): unknown {
  const { lock: _, value: former, ...rest } = isSetting(held) ? held : ({ value: held } as Setting);
  const value = "value" in change ? change.value : former;
  const lock = change.lock ?? lockOf(held);
  return lock || Object.keys(rest).length > 0 ? { ...rest, value, ...(lock && { lock }) } : value;
}

/** A value as somebody types it, read like the one that it replaces; undefined where it cannot be that. */
export function readValue(text: string, like: unknown): unknown {
  if (Array.isArray(like)) {
    const parts = text.split(/[,，;；\s]+/).filter(Boolean).map((one) => readValue(one, like[0] ?? ""));
    return parts.length > 0 && !parts.includes(undefined) ? parts : undefined;
  }
  if (typeof like === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  if (typeof like !== "number") return text;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : undefined;
}

/** A value as it is typed. */
export function typed(value: unknown): string {
  return Array.isArray(value) ? value.join(", ") : value === null || value === undefined ? "" : String(value);
}

/** Whether two drafts say the same; the order of names does not matter. */
export function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, held: unknown) =>
    held && typeof held === "object" && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)))
      : held);
}
