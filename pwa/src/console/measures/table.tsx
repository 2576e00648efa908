/** A measure as a table: the same numbers as the chart, and the words for what is hidden. */

import type { ComponentChildren } from "preact";

import { count, say, span, t } from "../i18n";
import { Table, type Column } from "../parts/table";
import { cellOf, type Measure, type Row } from "./asked";

/** A value in words, by its unit. */
export function written(value: unknown, unit: string): string {
  if (value === null || value === undefined || value === "") return "–";
  if (unit === "s") return span(Number(value));
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
        return key === "balance" ? say(`measures.balance.${String(value)}`, "–") : written(value, unit);
      },
    })),
  ];
  const rows = measure.total ? [...measure.rows, measure.total] : measure.rows;
  return <div class="measure-table"><Table caption={t(`measures.${measure.name}`)} columns={columns} rows={rows} keyOf={(row) => row.key} /></div>;
}
