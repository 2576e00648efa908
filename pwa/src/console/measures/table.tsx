/** A measure as a table: the same numbers as the chart, and the words for what is hidden. */

import type { ComponentChildren } from "preact";

import { count, say, t, tagOf } from "../i18n";
import { WideTable, type Column } from "../parts/table";
import { cellOf, type Measure, type Row } from "./asked";

/** A length of time in its biggest unit, to one decimal where that tells more. */
export function took(seconds: number): string {
  const [unit, size] = seconds >= 172_800 ? (["day", 86_400] as const) : seconds >= 7200 ? (["hour", 3600] as const)
    : seconds >= 120 ? (["minute", 60] as const) : (["second", 1] as const);
  const digits = unit === "day" || unit === "hour" ? 1 : 0;
  return new Intl.NumberFormat(tagOf(), { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits }).format(seconds / size);
}

/** A value in words, by its unit. */
export function written(value: unknown, unit: string): string {
  if (value === null || value === undefined || value === "") return "–";
  if (unit === "s") return took(Number(value));
  if (unit === "percent") return `${count(Number(value))} %`;
  if (unit === "count") return count(Number(value));
  return String(value);
}

/** The table. */
export function MeasureTable({ measure }: { measure: Measure }) {
  const columns: Column<Row>[] = [
    { key: "label", title: t(`measures.row.${measure.name}`), cell: (row) => (row.key === "total" ? <b>{row.label}</b> : row.label) },
    ...measure.columns.map(({ key, unit }) => ({
      key,
      title: say(`measures.column.${key}`, key),
      numeric: ["count", "s", "percent"].includes(unit),
      cell: (row: Row): ComponentChildren => {
        if (row.hidden.includes(key)) return <span class="soft" title={t("measures.hidden.long")}>{t("measures.hidden")}</span>;
        const value = cellOf(measure, row, key);
        if (key === "gap") return say(`measures.gap.${String(value)}`, "–");
        return key === "balance" ? say(`measures.balance.${String(value)}`, "–") : written(value, unit);
      },
    })),
  ];
  const rows = measure.total ? [...measure.rows, measure.total] : measure.rows;
  return <WideTable caption={t(`measures.${measure.name}`)} columns={columns} rows={rows} keyOf={(row) => row.key} />;
}
