/** A table that becomes cards where it does not fit, and the list around it: waiting, empty, failing, more. */

import type { ComponentChildren } from "preact";

import { t } from "../i18n";
import type { List } from "./list";
import { Failed, Loading } from "./states";

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** The name by which the server sorts by it, where it does. */
  readonly sort?: string;
  readonly numeric?: boolean;
}

export interface TableProps<Row> {
  /** What the table shows, for those who hear it. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  readonly rowClass?: (row: Row) => string;
}

/** The table itself. Roles are said explicitly: as cards its parts are no longer laid out as a table. */
export function Table<Row>({ caption, columns, rows, keyOf, sort, onSort, rowClass }: TableProps<Row>) {
  return (
    <table class="table" role="table">
      <caption class="unseen">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => {
            const sorted = column.sort !== undefined && column.sort === sort;
            return (
              <th key={column.key} role="columnheader" scope="col" class={column.numeric ? "number" : ""} {...(sorted && { "aria-sort": "ascending" as const })}>
                {column.sort && onSort ? (
                  <button type="button" class="bare" onClick={() => onSort(column.sort as string)}>
                    {column.title} <span aria-hidden="true">{sorted ? "▲" : "△"}</span>
                  </button>
                ) : column.title}
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row" class={rowClass?.(row) ?? ""}>
            {columns.map((column) => (
              <td key={column.key} role="cell" data-title={column.title} class={column.numeric ? "number" : ""}>{column.cell(row)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A table that scrolls by itself where it is wider than the screen, by the keyboard too. */
export function WideTable<Row>(table: TableProps<Row>) {
  return <div class="wide-table" role="region" aria-label={table.caption} tabIndex={0}><Table {...table} /></div>;
}

/** A list by pages: its rows as `children` shows them, and what there is to say around them. */
export function Pages<Row>({ list, empty, children }: {
  list: List<Row>; empty: ComponentChildren; children: (rows: readonly Row[]) => ComponentChildren;
}) {
  const rows = list.rows.value;
  const failure = list.failure.value;
  return (
    <>
      {failure && <Failed outcome={failure} again={() => void list.reload()} />}
      {!rows && !failure && <Loading />}
      {rows && rows.length === 0 && !failure && <div class="card soft">{empty}</div>}
      {rows && rows.length > 0 && children(rows)}
      {list.hasMore.value && (
        <p class="row"><button type="button" aria-disabled={list.isLoading.value} onClick={() => void (list.isLoading.value || list.more())}>
          {list.isLoading.value ? t("loading") : t("more")}
        </button></p>
      )}
    </>
  );
}
