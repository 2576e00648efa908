/** The code that ends an alarm. What is typed stays while the screen changes from counting down to being sent. */

import { signal } from "@preact/signals";

import { t } from "../../shared/i18n";
import { alarm } from "./alarm";
import { endBy } from "./stopping";

interface Typed {
  /** The alarm it was typed for: nothing of it is there when the next one begins. */
  readonly id: string | undefined;
  readonly code: string;
  readonly isWrong: boolean;
}

const typed = signal<Typed>({ id: undefined, code: "", isWrong: false });

function typedNow(): Typed {
  const id = alarm.value?.id;
  return typed.value.id === id ? typed.value : { id, code: "", isWrong: false };
}

function say(event: Event): void {
  event.preventDefault();
  const now = typedNow();
  typed.value = { ...now, code: "", isWrong: !endBy(now.code) };
}

export function AskCode() {
  const now = typedNow();
  return (
    <form class="field" autocomplete="off" onSubmit={say}>
      <label for="code">{t("alarm.code")}</label>
      <input
        id="code" class="secret" type="text" autocomplete="off" autocapitalize="off" autocorrect="off" spellcheck={false}
        maxLength={40} value={now.code} aria-invalid={now.isWrong} aria-describedby="code-wrong"
        onInput={(event) => (typed.value = { ...now, code: event.currentTarget.value })}
      />
      <button type="submit">{t("alarm.code_end")}</button>
      <p id="code-wrong" role="alert">{now.isWrong && t("alarm.code_wrong")}</p>
    </form>
  );
}
