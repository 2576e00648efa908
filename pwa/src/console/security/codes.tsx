/** The app that shows codes by the clock, and the recovery codes; secrets are shown once. */

import { useState } from "preact/hooks";

import { api, ask, type Schemas } from "../api";
import { t } from "../i18n";
import { confirm } from "../parts/dialog";
import { Form, TextField } from "../parts/fields";
import { toast } from "../parts/toasts";
import { useSaid } from "../rosters/turn";
import type { Of } from "./state";

type NewApp = Required<Schemas["NewApp"]>;

/** The app. */
export function App({ state, changed }: Of) {
  const [made, setMade] = useState<NewApp | undefined>();
  const [code, setCode] = useState("");
  const { hear, words } = useSaid();
  const propose = async (): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/me/app"));
    if (hear(outcome)) setMade(outcome.data as NewApp);
  };
  const use = async (): Promise<void> => {
    if (!hear(await ask(api.PUT("/api/v1/me/app", { body: { code } })))) return;
    setMade(undefined);
    setCode("");
    toast(t("security.app.added"));
    await changed();
  };
  const remove = async (): Promise<void> => {
    if (!(await confirm({ title: t("security.app.remove.ask"), words: t("security.app.remove.words"), yes: t("security.app.remove") }))) return;
    if (!hear(await ask(api.DELETE("/api/v1/me/app")))) return;
    toast(t("security.app.removed"));
    await changed();
  };
  return (
    <section class="card stack" aria-labelledby="app-codes">
      <h2 id="app-codes">{t("security.app")}</h2>
      <p>{t(state.app ? "security.app.is" : "security.app.why")}</p>
      {words}
      {made ? (
        <Form onSend={use}>
          <p>{t("security.app.scan")}</p>
          <img class="qr" src={made.picture} alt={t("security.app.picture")} width={220} height={220} />
          <p>{t("security.app.type")} <code>{made.secret}</code></p>
          <TextField label={t("security.app.code")} value={code} onValue={setCode} inputMode="numeric" autocomplete="one-time-code" />
          <div class="row"><button type="submit" class="first">{t("security.app.use")}</button><button type="button" onClick={() => setMade(undefined)}>{t("cancel")}</button></div>
        </Form>
      ) : (
        <div class="row">
          <button type="button" onClick={() => void propose()}>{t(state.app ? "security.app.replace" : "security.app.set")}</button>
          {state.app && <button type="button" onClick={() => void remove()}>{t("security.app.remove")}</button>}
        </div>
      )}
    </section>
  );
}

/** Recovery codes. `codes`: those that were made just now; `onCodes` shows them. */
export function Recovery({ state, codes, onCodes }: Of & { codes: readonly string[]; onCodes: (codes: readonly string[]) => void }) {
  const { hear, words } = useSaid();
  const make = async (): Promise<void> => {
    const isAgain = state.recovery_left > 0;
    if (isAgain && !(await confirm({ title: t("security.codes.ask"), words: t("security.codes.ask.words"), yes: t("security.codes.make") }))) return;
    const outcome = await ask(api.POST("/api/v1/me/recovery-codes"));
    if (hear(outcome)) onCodes(outcome.data.codes ?? []);
  };
  const hasFactor = state.app || state.passkeys.length > 0;
  return (
    <section class="card stack" aria-labelledby="recovery">
      <h2 id="recovery">{t("security.codes")}</h2>
      <p>{t("security.codes.why")}</p>
      {words}
      {codes.length > 0 && (
        <div class="note" role="status">
          <p><b>{t("security.codes.once")}</b></p>
          <ul class="plain tight codes">{codes.map((one) => <li key={one}><code>{one}</code></li>)}</ul>
        </div>
      )}
      <p>{t("security.codes.left", { count: state.recovery_left })}</p>
      {hasFactor ? <p><button type="button" onClick={() => void make()}>{t("security.codes.make")}</button></p> : <p class="soft">{t("security.codes.first")}</p>}
    </section>
  );
}
