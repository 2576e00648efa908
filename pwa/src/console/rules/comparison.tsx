/** One comparison of a sentence: what is looked at, how, and with what. */

import { useState } from "preact/hooks";

import { pick, say, t } from "../i18n";
import { Icon } from "../icons";
import { useLatest } from "../parts/latest";
import { type Field, vocabulary } from "./calls";
import { Many, OneOf } from "./choices";
import type { Comparison } from "./model";

const LISTS = ["is_one_of", "is_none_of"];
/** As the groups stand in the list of fields. */
const FIRST_GROUPS = ["fact", "marker_group"];

/** The first comparison of a new line. */
export function firstComparison(): Comparison {
  return { field: "category", is: "is_one_of", value: [] };
}

/** Whether a comparison says all that it needs. */
export function isWhole(one: Comparison): boolean {
  const kind = fieldOf(one.field)?.type;
  if (kind === "bool") return true;
  if (Array.isArray(one.value)) return one.value.length > 0;
  if (kind === "texts") return typeof one.value === "string" && one.value !== "";
  return one.value !== undefined && one.value !== null;
}

function fieldOf(name: string): Field | undefined {
  return vocabulary.value?.fields.find((one) => one.name === name);
}

/** The line of a comparison. */
export function ComparisonLine({ one, label, onChange, onRemove }: {
  one: Comparison; label: string; onChange: (one: Comparison) => void; onRemove: () => void;
}) {
  const field = fieldOf(one.field);
  const put = useLatest(one, onChange);
  const ways = (vocabulary.value?.comparisons ?? []).filter((way) => way.type === field?.type);
  const turnTo = (name: string): void => {
    const kind = fieldOf(name)?.type;
    const is = vocabulary.value?.comparisons.find((way) => way.type === kind)?.name ?? "is";
    put(() => withWay({ field: name, is }, is));
  };
  return (
    <div class="comparison" role="group" aria-label={label}>
      <FieldChoice value={one.field} onValue={turnTo} />
      <OneOf label={t("rules.how")} value={one.is} onValue={(is) => put((former) => withWay(former, is))}
        values={ways.map((way) => ({ code: way.name, label: { en: wayWords(way), zh: wayWords(way) } }))} />
      <Value key={`${one.field} ${LISTS.includes(one.is)}`} one={one} field={field} onValue={(value) => put((former) => ({ ...former, value }))} />
      <button type="button" class="bare square" aria-label={t("rules.remove", { what: label })} onClick={(event) => { focusBeside(event.currentTarget); onRemove(); }}><Icon name="close" /></button>
    </div>
  );
}

/** What has the focus is about to go: the buttons below the sentence take it. */
function focusBeside(button: HTMLElement): void {
  button.closest(".sentence")?.querySelector<HTMLElement>(".row > button")?.focus();
}

/** A comparison in another way, with a value of the right shape. */
function withWay(one: Comparison, is: string): Comparison {
  const kind = fieldOf(one.field)?.type;
  if (kind === "bool") return { field: one.field, is };
  const isList = LISTS.includes(is);
  if (isList === Array.isArray(one.value)) return { ...one, is };
  const first = Array.isArray(one.value) ? one.value[0] : one.value;
  return { field: one.field, is, value: isList ? (first === undefined ? [] : [first]) : first };
}

/** How a way of comparing is said without its field and its value. */
function wayWords(way: { name: string; label: unknown }): string {
  const said = say(`rules.way.${way.name}`) || pick(way.label as Record<string, unknown>);
  return said.replace("{field}", "").replace(/\{value\}$/, "").replace("{value}", "…").trim();
}

function FieldChoice({ value, onValue }: { value: string; onValue: (name: string) => void }) {
  const fields = vocabulary.value?.fields ?? [];
  const groups = [...new Set([...FIRST_GROUPS, ...fields.map((one) => one.group)])];
  return (
    <select aria-label={t("rules.what")} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
      {groups.map((group) => (
        <optgroup key={group} label={say(`rules.group.${group}`, group)}>
          {fields.filter((one) => one.group === group).map((one) => <option key={one.name} value={one.name}>{pick(one.label)}</option>)}
        </optgroup>
      ))}
    </select>
  );
}

function Value({ one, field, onValue }: { one: Comparison; field: Field | undefined; onValue: (value: unknown) => void }) {
  const label = t("rules.with");
  if (!field || field.type === "bool") return <span />;
  const isList = LISTS.includes(one.is);
  if (field.type === "int") return <NumberValue value={one.value} isList={isList} onValue={onValue} />;
  if (isList && field.values.length > 0) {
    return <Many label={label} values={field.values} chosen={(one.value ?? []) as string[]} onChosen={onValue} />;
  }
  if (isList) return <ListValue value={(one.value ?? []) as string[]} onValue={onValue} />;
  if (field.values.length > 0 && ["is", "is_not", "has", "has_not"].includes(one.is)) {
    return <OneOf label={label} values={field.values} value={String(one.value ?? "")} onValue={onValue} none={field.type === "text" ? t("rules.nothing") : t("rules.choose")} />;
  }
  return <input type="text" aria-label={label} value={String(one.value ?? "")} onInput={(event) => onValue(event.currentTarget.value)} />;
}

function ListValue({ value, onValue }: { value: readonly string[]; onValue: (value: unknown) => void }) {
  const [text, setText] = useState(value.join(", "));
  const hear = (typed: string): void => {
    setText(typed);
    onValue(typed.split(/[,，]/).map((one) => one.trim()).filter(Boolean));
  };
  return <input type="text" aria-label={t("rules.with")} value={text} onInput={(event) => hear(event.currentTarget.value)} />;
}

/** A whole number, several, or a value of a rule by its name after `$`. */
function NumberValue({ value, isList, onValue }: { value: unknown; isList: boolean; onValue: (value: unknown) => void }) {
  const [text, setText] = useState(numberWords(value));
  const hear = (typed: string): void => {
    setText(typed);
    const found = typed.split(/[,，\s]+/).filter(Boolean).map(readNumber);
    const isRight = found.length > 0 && !found.includes(undefined);
    onValue(isList ? (isRight ? found : []) : isRight && found.length === 1 ? found[0] : undefined);
  };
  const isWrong = text.trim() !== "" && text.split(/[,，\s]+/).filter(Boolean).some((one) => readNumber(one) === undefined);
  return (
    <input type="text" inputMode="numeric" aria-label={t("rules.with.number")} title={t("rules.with.number")} value={text}
      {...(isWrong && { "aria-invalid": true as const })} onInput={(event) => hear(event.currentTarget.value)} />
  );
}

function readNumber(text: string): unknown {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  return /^\$([A-Z]\w*\.)?[a-z]\w*$/.test(text) ? { value_of: text.slice(1) } : undefined;
}

function numberWords(value: unknown): string {
  const all = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return all.map((one) => (typeof one === "object" ? `$${(one as { value_of?: string }).value_of ?? ""}` : String(one))).join(", ");
}
