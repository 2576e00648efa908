/** A part of a decision in words, before and after. */

import { pick, say, span, t } from "../i18n";
import { labelOf, vocabulary } from "./calls";
import { typed } from "./model";

/** The words of a part's value; whole numbers of clocks are seconds. */
export function partWords(part: string, value: unknown): string {
  if (value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0)) return t("rules.nothing");
  if (typeof value === "boolean") return say(`rules.${value}`);
  if (part === "grade") return `${typed(value)} ${say(`grade.${typed(value).replace("G", "")}`)}`;
  if (part === "category") return labelOf(vocabulary.value?.fields.find((one) => one.name === "category")?.values ?? [], String(value));
  const codes = vocabulary.value?.effects.find((one) => one.name === part && one.values.length > 0)?.values;
  if (codes && typeof value !== "object") return labelOf(codes, String(value));
  if (codes && Array.isArray(value)) return value.map((one) => labelOf(codes, String(one))).join(t("rules.comma"));
  if (part === "clocks" && typeof value === "object") return clockWords(value as Record<string, number | null>);
  return typeof value === "object" && !Array.isArray(value) ? Object.entries(value).map(([name, held]) => `${name} ${typed(held)}`).join(t("rules.comma")) : typed(value);
}

function clockWords(clocks: Readonly<Record<string, number | null>>): string {
  return Object.entries(clocks).filter(([, seconds]) => seconds !== null)
    .map(([name, seconds]) => `${say(`rules.clock.${name}`, name)} ${span(seconds ?? 0)}`).join(t("rules.comma"));
}

/** What a part is called. */
export function partName(part: string): string {
  const effect = vocabulary.value?.effects.find((one) => one.name === part);
  return say(`rules.part.${part}`) || (effect ? pick(effect.label) : part);
}

/** Only the clocks that differ, so that a long list does not hide the one that matters. */
export function differing(part: string, before: unknown, after: unknown): readonly [unknown, unknown] {
  if (part !== "clocks" || !before || !after) return [before, after];
  const [one, other] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]);
  const only = (held: Record<string, unknown>): unknown => Object.fromEntries(names.map((name) => [name, held[name] ?? null]));
  return [only(one), only(other)];
}
