/** What is seldom needed: the code, taking the report back, and forgetting it on this phone. */

import { useState } from "preact/hooks";

import type { Mine } from "../../outbox/outbox";
import { need, t } from "../../shared/i18n";
import { go } from "../../shared/router";
import { Told, useAct } from "./afterwards";
import { type Answer, can } from "./answer";
import { askReceipt, withdraw } from "./asking";
import { Confirm } from "./confirm";
import { forgetReport } from "./kept";
import { allKnown } from "./mylist";
import { dropNotesOf } from "./notes";
import type { PartProps } from "./thread";

/** The code on demand, withdraw where it is allowed, and forgetting. */
export function More({ mine, answer, isRemembered, take }: Omit<PartProps, "answer"> & { answer?: Answer }) {
  const { told, run } = useAct(take);
  return (
    <section class="stack" aria-labelledby="more">
      <h2 id="more">{t("thread.more")}</h2>
      <Code code={mine.receipt} />
      <Rights mine={mine} take={take} />
      {answer && can(answer, "withdraw") && (
        <Confirm label={t("thread.withdraw_label")} yes={t("thread.withdraw_yes")} onYes={() => run(() => withdraw(mine.receipt))}>
          <p>{t("thread.withdraw_ask")}</p>
        </Confirm>
      )}
      <Told told={told} />
      {isRemembered && (
        <Confirm label={t("thread.forget_label")} yes={t("thread.forget_yes")} onYes={() => forgetHere(mine)}>
          <p>{t("thread.forget_ask")}</p>
          <p class="said"><b dir="ltr">{mine.receipt}</b></p>
        </Confirm>
      )}
    </section>
  );
}

/** What is kept and can be asked; its part of the page comes when it is wanted. */
function Rights({ mine, take }: Pick<PartProps, "mine" | "take">) {
  const [Found, setFound] = useState<{ Part: typeof import("./rights").default }>();
  const [isOffline, setOffline] = useState(false);
  const open = async (): Promise<void> => {
    try {
      const [part] = await Promise.all([import("./rights"), need("rights")]);
      setFound({ Part: part.default });
    } catch {
      setOffline(true);
    }
  };
  if (Found) return <Found.Part mine={mine} changed={() => void askReceipt(mine.receipt).then(take)} />;
  return (
    <>
      <button type="button" onClick={() => void open()}>{t("thread.rights")}</button>
      {isOffline && <p class="note warn" role="alert">{t("thread.act_offline")}</p>}
    </>
  );
}

async function forgetHere(mine: Mine): Promise<void> {
  await dropNotesOf(mine.clientId);
  await forgetReport(mine.clientId);
  await allKnown();
  go("/reports", { replace: true });
}

/** The code is the key to the report: shown only when it is asked for. */
function Code({ code }: { code: string }) {
  const [isShown, setShown] = useState(false);
  const [copied, setCopied] = useState<"yes" | "no">();
  const copy = () => navigator.clipboard.writeText(code).then(() => setCopied("yes"), () => setCopied("no"));
  return (
    <div class="tight">
      <button type="button" aria-expanded={isShown} onClick={() => { setShown(!isShown); setCopied(undefined); }}>
        {t(isShown ? "thread.code_hide" : "thread.code_show")}
      </button>
      {isShown && (
        <div class="card">
          <p><b class="said" dir="ltr">{code}</b></p>
          <p class="soft">{t("thread.code_hint")}</p>
          <button type="button" onClick={() => void copy()}>{t("thread.code_copy")}</button>
          <p role="status">{copied === "yes" ? t("thread.code_copied") : copied === "no" ? t("thread.code_not_copied") : ""}</p>
        </div>
      )}
    </div>
  );
}
