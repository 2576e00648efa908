/** The values that a place says otherwise, beside what it inherits and what binds it. */

import { useState } from "preact/hooks";

import { pick, say, t } from "../i18n";
import { TextField, SelectField } from "../parts/fields";
import { useLatest } from "../parts/latest";
import type { PlaceValue } from "./calls";
import { LOCKS, lockOf, readValue, setting, typed, valueOf, withName } from "./model";

const SIZES: Readonly<Record<string, number>> = { min: 60, "分钟": 60, h: 3600, "小时": 3600, d: 86_400, "天": 86_400 };
type Settings = Readonly<Record<string, unknown>>;

/** The values of a rule. `known` are those of the place, by which each has its words, its unit and its bounds. */
export function ValuesForm({ code, values, known, onValues }: { code: string; values: Settings; known: readonly PlaceValue[]; onValues: (values: Settings) => void }) {
  const free = known.filter((one) => !(shortName(one) in values));
  const put = useLatest(values, onValues);
  const extra = Object.keys(values).filter((name) => !known.some((one) => shortName(one) === name));
  if (known.length === 0 && extra.length === 0) return null;
  return (
    <fieldset class="stack">
      <legend>{t("rules.values")}</legend>
      {known.filter((one) => shortName(one) in values).map((one) => (
        <ValueLine key={one.name} known={one} held={values[shortName(one)]} onHeld={(held) => put((former) => withName(former, shortName(one), held))} />
      ))}
      {extra.map((name) => <p key={name} class="code">{code}.{name}: {typed(valueOf(values[name]))}</p>)}
      {free.length > 0 && (
        <select aria-label={t("rules.add.value")} value="" onChange={(event) => {
          const found = free.find((one) => one.name === event.currentTarget.value);
          if (found) put((former) => ({ ...former, [shortName(found)]: found.value }));
        }}>
          <option value="">{t("rules.add.value")}</option>
          {free.map((one) => <option key={one.name} value={one.name} disabled={one.may === "nothing"}>{valueName(one)}: {pick(one.shown)}{one.may === "nothing" ? ` – ${t("rules.may.nothing")}` : ""}</option>)}
        </select>
      )}
    </fieldset>
  );
}

function shortName(one: PlaceValue): string {
  return one.name.slice(one.name.indexOf(".") + 1);
}

/** What a value is called: by its own words, else by the clock that it sets. */
export function valueName(one: { readonly name: string; readonly label: Readonly<Record<string, unknown>> }): string {
  const short = one.name.slice(one.name.indexOf(".") + 1);
  const [, clock = "", kind = ""] = /^(acknowledge|contact|action|update|resolve)(?:_(hard))?_s/.exec(short) ?? [];
  const by = say(`rules.clock.${clock}`);
  return pick(one.label) || (by && `${say(kind ? "rules.value.hard" : "rules.value.clock")}${by}`) || say(`rules.value.${short}`, short);
}

function ValueLine({ known, held, onHeld }: { known: PlaceValue; held: unknown; onHeld: (held: unknown) => void }) {
  const value = valueOf(held);
  const [text, setText] = useState(typed(value));
  const read = readTyped(text, known);
  const label = known.unit ? `${valueName(known)} (${say(`rules.unit.${known.unit}`, known.unit)})` : valueName(known);
  const hear = (next: string): void => {
    setText(next);
    const found = readTyped(next, known);
    if (found !== undefined) onHeld(setting(held, { value: found }));
  };
  const isTime = known.unit === "s" && typeof known.value === "number";
  const hint = `${isTime ? `${t("rules.value.time")} ` : ""}${t("rules.inherits", { value: pick(above(known).shown), layer: layerOf(above(known)) })} ${boundWords(known)}`;
  const error = read === undefined ? t("rules.value.wrong") : undefined;
  return (
    <div class="value" role="group" aria-label={label}>
      {typeof known.value === "boolean"
        ? <SelectField label={label} hint={hint} value={text} onValue={hear} options={["true", "false"].map((one) => ({ value: one, words: say(`rules.${one}`) }))} />
        : <TextField label={label} hint={hint} error={error} value={text} onValue={hear} />}
      <SelectField label={t("rules.lock")} value={lockOf(held)} onValue={(lock) => onHeld(setting(held, { lock }))} none={t("rules.lock.same")}
        options={LOCKS.map((one) => ({ value: one, words: say(`rules.lock.${one}`) }))} />
      <button type="button" class="bare" onClick={() => onHeld(undefined)}>{t("rules.value.drop")}</button>
    </div>
  );
}

/** A value as somebody types it; lengths of time also as "15 min", "4 h" or "5 d". */
function readTyped(text: string, known: PlaceValue): unknown {
  const [, number, size] = /^\s*(\d+)\s*(min|h|d|分钟|小时|天)\s*$/.exec(text) ?? [];
  if (known.unit !== "s" || !number || !size || typeof known.value !== "number") return readValue(text, known.value);
  return Number(number) * (SIZES[size] ?? 1);
}

function above(one: PlaceValue): PlaceValue["comes_from"] {
  return (one.status === "inherited" ? undefined : one.chain.at(-2)) ?? one.comes_from;
}

function layerOf(link: { readonly layer: string; readonly depth: number }): string {
  return link.depth === 0 ? t("rules.product") : link.layer;
}

/** What a place may do with a value, and what binds it; nothing where it is free. */
export function boundWords(one: PlaceValue): string {
  if (!one.locked_by) return "";
  const by = { layer: layerOf(one.locked_by), value: pick(one.locked_by.shown) };
  return one.may === "tighten" ? t("rules.may.tighten", by) : one.may === "loosen" ? t("rules.may.loosen", by) : t("rules.may.nothing.by", by);
}
