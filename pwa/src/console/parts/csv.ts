/** A table as a file that spreadsheets open. */

export interface CsvColumn<Row> {
  readonly title: string;
  readonly value: (row: Row) => string | number | null | undefined;
}

/** The text of the file (RFC 4180). What a spreadsheet would take for a formula is written as text. */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map((one) => cell(one.title)), ...rows.map((row) => columns.map((one) => cell(one.value(row))))];
  return lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
}

function cell(value: string | number | null | undefined): string {
  if (typeof value === "number") return String(value);
  const text = (value ?? "").replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Have the browser save it; the mark at its start tells spreadsheets that it is UTF-8. */
export function saveCsv<Row>(name: string, columns: readonly CsvColumn<Row>[], rows: readonly Row[]): void {
  const address = URL.createObjectURL(new Blob(["\ufeff", csvOf(columns, rows)], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${name}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
