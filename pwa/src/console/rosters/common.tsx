/** What the screens of rotas, people, bodies and areas share: one thing that is fetched, choices, and local times. */

import { signal, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";

import { api, ask, type Outcome, type Page, type Schemas } from "../api";
import { pick, t, tagOf } from "../i18n";
import type { Option } from "../parts/filters";
import { SelectField, TextField } from "../parts/fields";
import { Failed, Loading } from "../parts/states";

/** A type whose members the server always sends, at every depth. */
export type Whole<T> = T extends readonly (infer One)[] ? Whole<One>[] : T extends object ? { [K in keyof T]-?: Whole<Exclude<T[K], undefined>> } : T;
export type Desk = Whole<Schemas["Desk"]>;
export type Organisation = Whole<Schemas["Organisation"]>;
export type Area = Whole<Schemas["Area"]>;

/** The outcome of a call, known to be whole. */
export function whole<T>(outcome: Promise<Outcome<T>>): Promise<Outcome<Whole<T>>> {
  return outcome as unknown as Promise<Outcome<Whole<T>>>;
}

/** The outcome of a call for a page of a list. */
export async function pageOf<T>(call: Promise<Outcome<{ items?: T[]; next_cursor?: string | null }>>): Promise<Outcome<Page<Whole<T>>>> {
  const outcome = await call;
  if (outcome.is !== "data") return outcome;
  return { ...outcome, data: { items: (outcome.data.items ?? []) as Whole<T>[], next_cursor: outcome.data.next_cursor ?? null } };
}

export interface Loaded<T> {
  readonly data: Signal<T | undefined>;
  readonly etag: Signal<string | undefined>;
  readonly failure: Signal<Exclude<Outcome<T>, { is: "data" }> | undefined>;
  readonly reload: () => Promise<void>;
}

/** One thing, fetched when it is shown and whenever one of `deps` changes. */
export function useLoaded<T>(get: () => Promise<Outcome<T>>, deps: readonly unknown[]): Loaded<T> {
  const made = useMemo(() => {
    const data = signal<T | undefined>(undefined);
    const etag = signal<string | undefined>(undefined);
    const failure = signal<Loaded<T>["failure"]["value"]>(undefined);
    const reload = async (): Promise<void> => {
      const outcome = await get();
      failure.value = outcome.is === "data" ? undefined : outcome;
      if (outcome.is !== "data") return;
      etag.value = outcome.etag;
      data.value = outcome.data;
    };
    return { data, etag, failure, reload };
  }, deps);
  useEffect(() => void made.reload(), [made]);
  return made;
}

/** The thing as `children` shows it, or that it is awaited or failed. */
export function Show<T>({ of, children }: { of: Loaded<T>; children: (data: T) => ComponentChildren }) {
  const { data, failure } = of;
  return (
    <>
      {failure.value && <Failed outcome={failure.value} again={() => void of.reload()} />}
      {data.value === undefined ? !failure.value && <Loading /> : children(data.value)}
    </>
  );
}

/** A name that the server has in several languages, or the one it always has. */
export function named(thing: { readonly name: string; readonly names?: Readonly<Record<string, string>> }): string {
  return pick(thing.names) || thing.name;
}

/** Every body, for choices and to name them. */
export function useOrganisations(): readonly Organisation[] {
  const loaded = useLoaded(() => pageOf(ask(api.GET("/api/v1/organisations", { params: { query: { limit: 200 } } }))), []);
  return (loaded.data.value?.items ?? []) as readonly Organisation[];
}

/** Bodies as a choice. */
export function optionsOf(things: readonly { readonly id: string | number; readonly name: string; readonly names?: Record<string, string> }[]): readonly Option[] {
  return things.map((one) => ({ value: String(one.id), words: named(one) }));
}

/** An area to be chosen: the first ones, or those whose name holds what is typed. */
export function AreaField({ label, value, onValue, none }: { label: string; value: string; onValue: (value: string) => void; none: string }) {
  const [words, setWords] = useState("");
  const loaded = useLoaded(() => pageOf(ask(api.GET("/api/v1/areas", { params: { query: { limit: 200, ...(words && { q: words }) } } }))), [words]);
  const page = loaded.data.value;
  const areas = (page?.items ?? []) as readonly Area[];
  const options = areas.map((one) => ({ value: String(one.id), words: `${"· ".repeat(one.level)}${named(one)}` }));
  const isKept = !value || options.some((one) => one.value === value);
  return (
    <>
      {(page?.next_cursor || words) && <TextField label={t("rosters.area.search")} type="search" value={words} onValue={setWords} />}
      <SelectField label={label} value={isKept ? value : ""} onValue={onValue} none={none} options={options} />
    </>
  );
}

/** A moment as the clocks at a place show it, in the shape of a field for local times. */
export function localOf(at: string, zone: string): string {
  return new Date(at).toLocaleString("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).replace(" ", "T");
}

/** The time of day at a place. */
export function clockAt(at: string, zone: string): string {
  return new Intl.DateTimeFormat(tagOf(), { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

/** A day and time of day at a place. */
export function dayAndClock(at: string, zone: string): string {
  return new Intl.DateTimeFormat(tagOf(), { timeZone: zone, weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(at));
}

/** A calendar day such as 2026-03-29 in words. */
export function dayName(date: string, shape: Intl.DateTimeFormatOptions = { weekday: "short", day: "numeric", month: "short" }): string {
  return new Intl.DateTimeFormat(tagOf(), { ...shape, timeZone: "UTC" }).format(new Date(`${date}T00:00Z`));
}

/** A calendar day so many days later. */
export function daysAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}
