/** What is asked of the server, and how its answer is read. */

import type { Schemas } from "../api";

export const NAMES = ["times", "clocks", "fairness", "outcomes", "load", "duplicates", "deliveries"] as const;
export type Name = (typeof NAMES)[number];
type Sent = Required<Schemas["Measure"]>;
export type Row = Required<Schemas["MeasureRow"]>;
export interface Measure extends Omit<Sent, "rows" | "columns" | "total" | "name"> {
  readonly name: Name;
  readonly rows: readonly Row[];
  readonly columns: readonly Required<Schemas["MeasureColumn"]>[];
  readonly total: Row | null;
}
type Query = { since?: string; until?: string; area?: number; of?: "acknowledge" | "contact" | "close"; by?: "area" | "grade" | "language" | "hour" };

/** The query of a measure from that of the screen: only what the server knows, and only what was chosen. */
export function queryOf(name: Name, said: URLSearchParams): Query {
  const names = name === "times" || name === "fairness" ? ["since", "until", "area", "of", "by"] : ["since", "until", "area"];
  const pairs = names.flatMap((key) => (said.get(key) ? [[key, said.get(key)] as const] : []));
  return Object.fromEntries(pairs) as Query;
}

/** Where the file of a measure is. */
export function address(name: Name, asked: string): string {
  return `/api/v1/measures/${name}.csv${asked ? `?${asked}` : ""}`;
}

/** A cell of a row by its column; undefined where the column does not exist, null where it is hidden or nothing. */
export function cellOf(measure: Measure, row: Row, key: string): unknown {
  const at = measure.columns.findIndex((column) => column.key === key);
  return at < 0 ? undefined : row.cells[at];
}

/** A count or seconds; null where it is hidden or nothing. */
export function numberOf(measure: Measure, row: Row, key: string): number | null {
  const found = cellOf(measure, row, key);
  return typeof found === "number" ? found : null;
}
