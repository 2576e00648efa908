/** What is shown while the page is shut: the numbers to call, SOS and the way out stay open. */

import "./safety.css";

import { useSignal } from "@preact/signals";

import { CallFirst, Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { Delete } from "./delete";
import { Secret } from "./secret";
import { type Tried, unlock } from "./unlocking";

const LOST: Tried = { is: "wrong", wait_s: 0 };

export default function LockScreen() {
  const code = useSignal("");
  const tried = useSignal<Tried | undefined>(undefined);
  const isTrying = useSignal(false);
  const say = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isTrying.value) return;
    isTrying.value = true;
    tried.value = await unlock(code.value).catch(() => LOST);
    code.value = "";
    isTrying.value = false;
  };
  return (
    <Screen title={t("safety.locked")}>
      <form class="stack" autocomplete="off" onSubmit={(event) => void say(event)}>
        <Secret id="open-code" label={t("safety.locked_code")} value={code.value} wrong={tried.value?.is === "wrong"} onInput={(value) => (code.value = value)} />
        <button type="submit" class="first" aria-disabled={isTrying.value}>{t(isTrying.value ? "safety.locked_trying" : "safety.locked_open")}</button>
        <p role="alert"><Outcome tried={tried.value} /></p>
      </form>
      <a class="button sos wide" href="/sos"><Icon name="sos" />{t("safety.sos")}</a>
      <CallFirst />
      <details class="card part">
        <summary><h2>{t("safety.forgot")}</h2></summary>
        <p>{t("safety.forgot_text")}</p>
        <Delete />
      </details>
    </Screen>
  );
}

function Outcome({ tried }: { tried: Tried | undefined }) {
  if (!tried || tried.is === "open") return null;
  const wait = tried.wait_s > 0 ? t("safety.locked_wait", { seconds: tried.wait_s }) : "";
  return <>{tried.is === "wrong" && t("safety.locked_wrong")} {wait}</>;
}
