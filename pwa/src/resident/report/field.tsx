import type { ComponentChildren } from "preact";

/** What a field needs to be found, and to be heard with its hint and with what is wrong. */
export interface About {
  readonly id: string;
  readonly name: string;
  readonly "aria-invalid"?: "true";
  readonly "aria-describedby"?: string;
}

/** A field with its label, its hint and what is wrong with it. */
export function Field(props: {
  name: string;
  label?: string;
  hint?: string;
  error?: string | undefined;
  children: (about: About) => ComponentChildren;
}) {
  const { name, label, hint, error } = props;
  const described = [hint && `${name}-hint`, error && `${name}-wrong`].filter(Boolean).join(" ");
  return (
    <div class="field">
      {label && <label for={name}>{label}</label>}
      {hint && <small id={`${name}-hint`}>{hint}</small>}
      {props.children({ id: name, name, ...(error && { "aria-invalid": "true" }), ...(described && { "aria-describedby": described }) })}
      {error && <p class="note warn" id={`${name}-wrong`} role="alert">{error}</p>}
    </div>
  );
}
