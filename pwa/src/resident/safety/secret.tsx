/** A field for a code: dots instead of letters, offered to no keyboard and no password list. */

export function Secret(props: { id: string; label: string; hint?: string; value: string; wrong?: boolean; onInput: (value: string) => void }) {
  const describedBy = props.hint ? `${props.id}-hint` : undefined;
  return (
    <div class="field">
      <label for={props.id}>{props.label}</label>
      <input
        id={props.id} class="secret" type="text" autocomplete="off" autocapitalize="off" autocorrect="off" spellcheck={false}
        maxLength={40} value={props.value} aria-invalid={props.wrong === true} aria-describedby={describedBy}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      {props.hint && <small id={describedBy}>{props.hint}</small>}
    </div>
  );
}
