/** One's passkeys: each alone is enough to sign in. */

import { useState } from "preact/hooks";

import { api, ask } from "../api";
import { t } from "../i18n";
import { knowsPasskeys, makePasskey } from "../passkey";
import { confirm } from "../parts/dialog";
import { Form, TextField, wrongWith } from "../parts/fields";
import { Moment } from "../parts/marks";
import { toast } from "../parts/toasts";
import { useSaid } from "../rosters/turn";
import type { Of, State } from "./state";

/** The part. */
export function Passkeys({ state, changed }: Of) {
  const [name, setName] = useState("");
  const { hear, words, problem } = useSaid();
  const add = async (): Promise<void> => {
    if (!name.trim()) return;
    const asked = await ask(api.POST("/api/v1/me/passkeys/options"));
    if (!hear(asked)) return;
    const credential = await makePasskey(asked.data.options as Record<string, unknown>);
    if (!credential) return toast(t("security.passkeys.not_made"));
    const body = { step: asked.data.step ?? "", name, credential };
    if (!hear(await ask(api.POST("/api/v1/me/passkeys", { body })))) return;
    setName("");
    toast(t("security.passkeys.added"));
    await changed();
  };
  const remove = async (one: State["passkeys"][number]): Promise<void> => {
    const asked = { title: t("security.passkeys.remove.ask", { name: one.name }), words: t("security.passkeys.remove.words"), yes: t("security.passkeys.remove") };
    if (!(await confirm(asked))) return;
    if (!hear(await ask(api.DELETE("/api/v1/me/passkeys/{passkey_id}", { params: { path: { passkey_id: one.id } } })))) return;
    toast(t("security.passkeys.removed"));
    await changed();
  };
  return (
    <section class="card stack" aria-labelledby="passkeys">
      <h2 id="passkeys">{t("security.passkeys")}</h2>
      <p>{t("security.passkeys.why")}</p>
      {words}
      {state.passkeys.length > 0 && (
        <ul class="plain tight">
          {state.passkeys.map((one) => (
            <li key={one.id} class="row">
              <span>{one.name} <small>{one.last_used_at ? <>{t("security.passkeys.used")} <Moment at={one.last_used_at} /></> : t("security.passkeys.unused")}</small></span>
              <button type="button" aria-label={`${t("security.passkeys.remove")}: ${one.name}`} onClick={() => void remove(one)}>{t("security.passkeys.remove")}</button>
            </li>
          ))}
        </ul>
      )}
      {knowsPasskeys() ? (
        <Form onSend={add}>
          <TextField label={t("security.passkeys.name")} hint={t("security.passkeys.name.hint")} value={name} onValue={setName} maxLength={60} error={wrongWith(problem, "name")} />
          <p><button type="submit" class={state.passkeys.length ? "" : "first"} aria-disabled={!name.trim()}>{t("security.passkeys.add")}</button></p>
        </Form>
      ) : <p class="soft">{t("security.passkeys.unknown")}</p>}
    </section>
  );
}
