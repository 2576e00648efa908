/** Setting, changing and taking away the code that opens the page. */

import { useSignal } from "@preact/signals";

import { t } from "../../shared/i18n";
import { normalForm } from "./codes";
import { type CodeFault, faultOfAppCode } from "./faults";
import { hasAppCode } from "./lock";
import { Part } from "./part";
import { Secret } from "./secret";
import { setAppCode } from "./unlocking";

type Said = CodeFault | "differs" | "saved" | "gone" | "lost";

export function AppCode() {
  const code = useSignal("");
  const twice = useSignal("");
  const said = useSignal<Said | undefined>(undefined);
  const keep = async (value: string | undefined, done: Said): Promise<void> => {
    said.value = await setAppCode(value).then(() => done, () => "lost" as const);
    code.value = twice.value = "";
  };
  const save = (event: Event): void => {
    event.preventDefault();
    const fault = faultOfAppCode(code.value) ?? (normalForm(code.value) === normalForm(twice.value) ? undefined : "differs");
    if (fault) said.value = fault;
    else void keep(code.value, "saved");
  };
  return (
    <Part title={t("safety.lock")} state={t(hasAppCode.value ? "safety.is_set" : "safety.not_set")}>
      <p>{t("safety.lock_what")}</p>
      <p class="soft">{t("safety.lock_limit")}</p>
      <form class="stack" autocomplete="off" onSubmit={save}>
        <Secret id="app-code" label={t("safety.lock_new")} hint={t("safety.lock_hint")} value={code.value} onInput={(value) => (code.value = value)} />
        <Secret id="app-code-twice" label={t("safety.lock_twice")} value={twice.value} onInput={(value) => (twice.value = value)} />
        <div class="row">
          <button type="submit" class="first">{t("safety.save")}</button>
          {hasAppCode.value && <button type="button" onClick={() => void keep(undefined, "gone")}>{t("safety.lock_off")}</button>}
        </div>
        <p role="status">{said.value && t(`safety.said_${said.value}`)}</p>
      </form>
    </Part>
  );
}
