/** One's password. */

import { useState } from "preact/hooks";

import { api, ask } from "../api";
import { t } from "../i18n";
import { Form, TextField } from "../parts/fields";
import { toast } from "../parts/toasts";
import { useSaid } from "../rosters/turn";
import type { Of } from "./state";

/** The part. */
export function Password({ state, changed }: Of) {
  const [present, setPresent] = useState("");
  const [password, setPassword] = useState("");
  const { hear, words } = useSaid();
  const send = async (): Promise<void> => {
    const outcome = await ask(api.PUT("/api/v1/me/password", { body: { present, password } }));
    if (!hear(outcome)) return;
    setPresent("");
    setPassword("");
    toast(t("security.password.changed", { count: outcome.data.ended ?? 0 }));
    await changed();
  };
  return (
    <section class="card stack" aria-labelledby="own-password">
      <h2 id="own-password">{t("security.password")}</h2>
      <Form onSend={send}>
        {words}
        <input type="text" hidden autocomplete="username" value={state.login} readOnly />
        <TextField label={t("security.password.present")} type="password" value={present} onValue={setPresent} autocomplete="current-password" />
        <TextField label={t("security.password.new")} hint={t("security.password.hint", { least: state.password.least, advised: state.password.advised })}
          type="password" value={password} onValue={setPassword} autocomplete="new-password" />
        <p><button type="submit" class={state.must.includes("password") ? "first" : ""}>{t("security.password.change")}</button></p>
      </Form>
    </section>
  );
}
