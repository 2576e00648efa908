/** What the workbench asks of the server, and what it keeps of the answers: the words of sentences, and the areas. */

import { signal } from "@preact/signals";

import { api, ask, ifMatch, type Outcome, type Page, type Schemas } from "../api";
import { language, pick } from "../i18n";
import { place } from "../router";
import { me } from "../session";
import type { Body, Edits, Tree } from "./model";

/** What the server's document marks as optional, the server always sends. */
export type Sure<T> = T extends (infer U)[] ? Sure<U>[] : T extends object ? { [K in keyof T]-?: Sure<Exclude<T[K], undefined>> } : T;
export type PlaceRule = Sure<Schemas["PlaceRule"]>;
export type PlaceValue = Sure<Schemas["PlaceValue"]>;
export type PlaceRules = Sure<Schemas["PolicyPlace"]>;
export type Change = Sure<Schemas["PolicyChange"]>;
export type ChangeDetail = Sure<Schemas["ChangeDetail"]>;
export type Finding = Sure<Schemas["Finding"]>;
export type Tried = Sure<Schemas["Example"]>;
export type Linted = Sure<Schemas["LintedChange"]>;
export type RuleDiff = Sure<Schemas["RuleDiff"]>;
export type Preview = Sure<Schemas["Preview"]>;
export type Condition = Sure<Schemas["ReadCondition"]>;
export type Vocabulary = Sure<Schemas["Vocabulary"]>;
export type Field = Sure<Schemas["Field"]>;
export type Effect = Sure<Schemas["Effect"]>;
export type Run = Sure<Schemas["SimulationRun"]>;
export type Result = Sure<Schemas["Result"]>;
export type Version = Sure<Schemas["RuleVersion"]>;
export type History = Sure<Schemas["RuleHistory"]>;
export type Overrides = Sure<Schemas["Overrides"]>;
export type Area = Sure<Schemas["Area"]>;
type Failure = Exclude<Outcome<unknown>, { is: "data" }>;

/** A page of an outcome. */
export function paged<T>(outcome: Outcome<{ items?: unknown; next_cursor?: string | null }>): Outcome<Page<T>> {
  if (outcome.is !== "data") return outcome;
  return { ...outcome, data: { items: (outcome.data.items ?? []) as T[], next_cursor: outcome.data.next_cursor ?? null } };
}

export const vocabulary = signal<Vocabulary | undefined>(undefined);
export const areas = signal<readonly Area[]>([]);
/** Why the vocabulary or the areas could not be had. */
export const unprepared = signal<Failure | undefined>(undefined);

/** Fetch the words of sentences and the areas, once. */
export async function prepare(): Promise<void> {
  const [words, found] = await Promise.all([
    vocabulary.value ? undefined : ask(api.GET("/api/v1/policy/vocabulary")),
    areas.value.length > 0 ? undefined : allAreas(),
  ]);
  if (words?.is === "data") vocabulary.value = words.data as Vocabulary;
  if (found?.is === "data") areas.value = found.data;
  unprepared.value = [words, found].find((one): one is Failure => one !== undefined && one.is !== "data");
}

async function allAreas(): Promise<Outcome<readonly Area[]>> {
  const found: Area[] = [];
  let cursor: string | null | undefined;
  do {
    const outcome = await ask(api.GET("/api/v1/areas", { params: { query: { limit: 200, ...(cursor && { cursor }) } } }));
    if (outcome.is !== "data") return outcome;
    found.push(...((outcome.data.items ?? []) as Area[]));
    cursor = outcome.data.next_cursor;
  } while (cursor && found.length < 2000);
  return { is: "data", data: found, etag: undefined };
}

/** An area's name in the reader's language; undefined for everywhere. */
export function areaName(id: number | null | undefined): string | undefined {
  if (!id) return undefined;
  const found = areas.value.find((one) => one.id === id);
  return found ? (found.names[language.value === "zh" ? "zh" : "en"] ?? found.name) : `#${id}`;
}

/** The area whose rules are looked at: of the address, else the first that the person works for; 0 is everywhere. */
export function areaAsked(): number {
  const asked = Number(place.value.query.get("area") ?? Number.NaN);
  if (Number.isInteger(asked) && asked >= 0) return asked;
  const own = me.value?.area_ids ?? [];
  return areas.value.find((one) => own.includes(one.id))?.id ?? 0;
}

/** What a place inherits and says itself. */
export async function readPlace(area: number): Promise<Outcome<PlaceRules>> {
  return (await ask(api.GET("/api/v1/policy/place", { params: { query: { area } } }))) as Outcome<PlaceRules>;
}

/** A change with its tag. */
export async function readChange(id: string): Promise<Outcome<ChangeDetail>> {
  return (await ask(api.GET("/api/v1/policy/changes/{change_id}", { params: { path: { change_id: id } } }))) as Outcome<ChangeDetail>;
}

/** Begin a draft by edits. `area` 0 is everywhere. */
export async function beginChange(said: { area: number; title: string; why: string; edits: Edits }): Promise<Outcome<ChangeDetail>> {
  const body = { title: said.title, why: said.why, edits: said.edits, area: said.area || null, name: areaName(said.area) ?? said.title };
  return (await ask(api.POST("/api/v1/policy/changes", { body: body as never }))) as Outcome<ChangeDetail>;
}

/** Save a draft anew; refused with 412 where somebody else saved it since `etag`. */
export async function saveChange(
  id: string, said: { title?: string; why?: string; edits?: Edits; rebase?: boolean }, etag: string | undefined,
): Promise<Outcome<ChangeDetail>> {
  const params = { path: { change_id: id } };
  return (await ask(api.PATCH("/api/v1/policy/changes/{change_id}", { params, body: said as never, ...ifMatch(etag) }))) as Outcome<ChangeDetail>;
}

/** Read a condition as it is typed. */
export async function parseCondition(when: string, rule: string, area: number): Promise<Outcome<Condition>> {
  return (await ask(api.POST("/api/v1/policy/conditions/parse", { body: { when, rule, ...(area && { area }) } }))) as Outcome<Condition>;
}

/** Write a sentence as a condition. */
export async function renderCondition(tree: Tree, rule: string, area: number): Promise<Outcome<Condition>> {
  const body = { tree, rule, ...(area && { area }) } as never;
  return (await ask(api.POST("/api/v1/policy/conditions/render", { body }))) as Outcome<Condition>;
}

/** The words of a code among labelled ones. */
export function labelOf(values: readonly { code: string; label: unknown }[], code: string): string {
  const found = values.find((one) => one.code === code);
  return found ? pick(found.label as Record<string, unknown>) : code;
}

/** The categories, as the vocabulary names them. */
export function categoryChoices(): readonly { code: string; label: unknown }[] {
  return vocabulary.value?.fields.find((one) => one.name === "category")?.values ?? [];
}

/** When rules may be tried. */
export function eventChoices(): readonly { code: string; label: unknown }[] {
  return vocabulary.value?.events ?? [];
}

/** The versions of a rule, newest first; of one place (0: everywhere) where it is named. */
export async function readHistory(code: string, area?: number, cursor?: string): Promise<Outcome<History>> {
  const query = { ...(area !== undefined && { area }), ...(cursor && { cursor }) };
  return (await ask(api.GET("/api/v1/policy/rules/{code}/history", { params: { path: { code }, query } }))) as Outcome<History>;
}

/** The body of a rule as the layer that it comes from says it. */
export async function bodyOf(rule: Pick<PlaceRule, "code" | "depth" | "area_id">): Promise<Outcome<Body>> {
  if (rule.depth > 0) return ownBody(rule.code, rule.area_id ?? 0);
  const outcome = await readHistory(rule.code);
  if (outcome.is !== "data") return outcome;
  return { is: "data", data: (outcome.data.shipped as { body?: Body } | null)?.body ?? {}, etag: undefined };
}

/** The body of a rule that holds in the layer of a place (0: everywhere). */
export async function ownBody(code: string, area: number): Promise<Outcome<Body>> {
  const outcome = await readHistory(code, area);
  if (outcome.is !== "data") return outcome;
  const held = outcome.data.items.find((one) => one.state === "active");
  return { is: "data", data: (held?.body ?? {}) as Body, etag: undefined };
}
