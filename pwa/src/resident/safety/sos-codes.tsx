/** Setting the two codes of an SOS: one that ends it, one that only seems to. They are never shown again. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { t } from "../../shared/i18n";
import { normalForm } from "./codes";
import { type CodeFault, faultOfCodes } from "./faults";
import { sosCodes } from "./kept";
import { Part } from "./part";
import { Secret } from "./secret";
import { keepSosCodes } from "./setting";

type Said = CodeFault | "saved" | "gone" | "lost";

export function SosCodes() {
  const isSet = useSignal(false);
  const cancel = useSignal("");
  const duress = useSignal("");
  const said = useSignal<Said | undefined>(undefined);
  useEffect(() => void sosCodes().then((found) => (isSet.value = found !== undefined), () => undefined), []);
  const keep = async (codes: Parameters<typeof keepSosCodes>[0], done: Said): Promise<void> => {
    said.value = await keepSosCodes(codes).then(() => done, () => "lost" as const);
    if (said.value === done) isSet.value = codes !== undefined;
    cancel.value = duress.value = "";
  };
  const save = (event: Event): void => {
    event.preventDefault();
    const fault = faultOfCodes(cancel.value, duress.value);
    const second = normalForm(duress.value);
    if (fault) said.value = fault;
    else void keep({ cancel: normalForm(cancel.value), ...(second && { duress: second }) }, "saved");
  };
  return (
    <Part title={t("safety.codes")} state={t(isSet.value ? "safety.is_set" : "safety.not_set")}>
      <p>{t("safety.codes_what")}</p>
      <p>{t("safety.codes_countdown")}</p>
      <form class="stack" autocomplete="off" onSubmit={save}>
        <Secret id="cancel-code" label={t("safety.cancel")} hint={t("safety.cancel_hint")} value={cancel.value} onInput={(value) => (cancel.value = value)} />
        <Secret id="duress-code" label={t("safety.duress")} hint={t("safety.duress_hint")} value={duress.value} onInput={(value) => (duress.value = value)} />
        <div class="row">
          <button type="submit" class="first">{t("safety.save")}</button>
          {isSet.value && <button type="button" onClick={() => void keep(undefined, "gone")}>{t("safety.codes_off")}</button>}
        </div>
        <p role="status">{said.value && t(`safety.said_${said.value}`)}</p>
      </form>
    </Part>
  );
}
