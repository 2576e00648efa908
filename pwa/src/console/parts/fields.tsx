/** Fields of forms: each with its label, its hint and what is wrong with it, bound so that a screen reader says them. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import type { Problem } from "../api";
import { t } from "../i18n";

interface Common {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with it. */
  readonly error?: string | undefined;
}
interface Ids {
  readonly id: string;
  readonly "aria-describedby"?: string;
  readonly "aria-invalid"?: true;
}

/** Any control with its label: `children` gets the ids that bind them. */
export function Field({ label, hint, error, children }: Common & { children: (ids: Ids) => ComponentChildren }) {
  const id = useId();
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && <small id={`${id}-hint`}>{hint}</small>}
      {children({ id, ...(told && { "aria-describedby": told }), ...(error && { "aria-invalid": true as const }) })}
      {error && <span id={`${id}-error`} class="wrong">{error}</span>}
    </div>
  );
}

interface Typed extends Common {
  readonly value: string;
  readonly onValue: (value: string) => void;
}

interface Line {
  readonly type?: "text" | "password" | "email" | "tel" | "search" | "number" | "date" | "time" | "datetime-local";
  readonly autocomplete?: "off" | "username" | "current-password" | "new-password" | "one-time-code" | "email" | "tel" | "name";
  readonly inputMode?: "text" | "numeric" | "decimal" | "search";
  readonly required?: boolean;
  readonly maxLength?: number;
  readonly min?: string;
  readonly max?: string;
  readonly step?: string;
  readonly onBlur?: () => void;
}

/** A line of text. */
export function TextField({ label, hint, error, value, onValue, type = "text", ...more }: Typed & Line) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => <input {...more} {...ids} type={type as "text"} autocapitalize="none" spellcheck={type === "text" && !more.autocomplete} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}
    </Field>
  );
}

/** Several lines of text. */
export function WordsField({ label, hint, error, value, onValue, rows = 4 }: Typed & { rows?: number }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => <textarea {...ids} rows={rows} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}
    </Field>
  );
}

/** One of several; `none` is what choosing nothing says, where that can be chosen. */
export function SelectField({ label, hint, error, value, onValue, options, none }: Typed & {
  options: readonly { readonly value: string; readonly words: string }[]; none?: string;
}) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
          {none !== undefined && <option value="">{none}</option>}
          {options.map((one) => <option key={one.value} value={one.value}>{one.words}</option>)}
        </select>
      )}
    </Field>
  );
}

/** Yes or no. */
export function CheckField({ label, checked, onChecked }: { label: ComponentChildren; checked: boolean; onChecked: (checked: boolean) => void }) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChecked(event.currentTarget.checked)} />
      <span>{label}</span>
    </label>
  );
}

/** What a refusal says of one field: `errors.title` or `errors.json.title`, joined. */
export function wrongWith(problem: Problem | undefined, field: string): string | undefined {
  const errors = problem?.errors as Record<string, unknown> | undefined;
  const found = errors?.[field] ?? (errors?.["json"] as Record<string, unknown> | undefined)?.[field];
  return found === undefined ? undefined : flat(found).join(" ");
}

function flat(value: unknown): string[] {
  if (value && typeof value === "object") return Object.values(value).flatMap(flat);
  return [String(value)];
}

/** What is wrong with a form, above it; it takes the focus so that it is said. */
export function FormProblem({ problem }: { problem: Problem | undefined }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [problem]);
  if (!problem) return null;
  return (
    <div class="note warn" role="alert" tabIndex={-1} ref={box}>
      <p><b>{problem.title || t("failed")}</b></p>
      {problem.detail && <p>{problem.detail}</p>}
      {problem.advice && <p>{problem.advice}</p>}
    </div>
  );
}

/** A form that is sent by its button or Enter and never loads the page anew. */
export function Form({ onSend, children }: { onSend: () => unknown; children: ComponentChildren }) {
  const send = (event: Event): void => {
    event.preventDefault();
    onSend();
  };
  return <form class="stack" noValidate onSubmit={send}>{children}</form>;
}
