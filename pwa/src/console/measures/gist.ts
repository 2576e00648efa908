/** A measure in a sentence, for those who do not look at charts and for those in a hurry. */

import { say, t, tagOf } from "../i18n";
import { cellOf, type Measure, type Row } from "./asked";
import { written } from "./table";

/** The sentence. What is hidden is said to be hidden. */
export function gistOf(measure: Measure): string {
  return `${t("measures.days", { since: day(measure.since), until: day(measure.until) })} ${sentence(measure)}`;
}

/** A day without its time, whatever the time zone of this device. */
function day(iso: string): string {
  return new Intl.DateTimeFormat(tagOf(), { dateStyle: "medium", timeZone: "UTC" }).format(new Date(`${iso}T00:00Z`));
}

function sentence(measure: Measure): string {
  if (measure.name === "load") return gistOfLoad(measure);
  if (measure.name === "fairness") return gistOfGaps(measure);
  const total = measure.total;
  if (!total) return "";
  const said = (key: string): string => valueOf(measure, total, key);
  return t(`measures.sum.${measure.name}`, {
    counted: said("counted"), p50: said("p50_s"), p90: said("p90_s"), share: said("share"), kept: said("kept"), missed: said("missed"),
    pairs: said("pairs"), ended: said("ended"), sent: said("sent"), failed: said("failed"),
  });
}

function valueOf(measure: Measure, row: Row, key: string): string {
  if (row.hidden.includes(key)) return t("measures.hidden.long");
  return written(cellOf(measure, row, key), measure.columns.find((one) => one.key === key)?.unit ?? "text");
}

/** Who waits longer than others; nothing is said of why. */
function gistOfGaps(measure: Measure): string {
  if (measure.rows.every((row) => row.hidden.includes("gap") || cellOf(measure, row, "gap") === "too_few")) return t("measures.sum.fairness.few");
  const longer = measure.rows.filter((row) => cellOf(measure, row, "gap") === "longer");
  if (longer.length === 0) return t("measures.sum.fairness.none");
  const names = longer.map((row) => `${row.label} (${valueOf(measure, row, "of_all")})`);
  return t("measures.sum.fairness", { names: new Intl.ListFormat(document.documentElement.lang).format(names) });
}

function gistOfLoad(measure: Measure): string {
  const alone = measure.rows.filter((row) => ["monopoly", "single_provider"].includes(String(cellOf(measure, row, "balance"))));
  if (alone.length === 0) return t("measures.sum.load.none");
  const names = alone.map((row) => `${row.label} (${String(cellOf(measure, row, "route"))}: ${say(`measures.balance.${String(cellOf(measure, row, "balance"))}`)})`);
  return t("measures.sum.load", { names: new Intl.ListFormat(document.documentElement.lang).format(names) });
}
