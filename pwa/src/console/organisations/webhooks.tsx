/** Where a body's own system is told: added with a secret that is shown once, and ended. */

import { useState } from "preact/hooks";

import { api, ask } from "../api";
import { t } from "../i18n";
import { confirm, Dialog } from "../parts/dialog";
import { Form, TextField, wrongWith } from "../parts/fields";
import { Moment } from "../parts/marks";
import { toast } from "../parts/toasts";
import { Show, useLoaded, whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";

/** The webhooks in force. Their addresses are sealed and shown to nobody. */
export function Webhooks({ organisation }: { organisation: string }) {
  const path = { params: { path: { organisation_id: organisation } } };
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/organisations/{organisation_id}/webhooks", path))), [organisation]);
  const [isAdding, setAdding] = useState(false);
  const { hear, words } = useSaid();
  const end = async (id: string): Promise<void> => {
    if (!(await confirm({ title: t("organisations.webhook.end.ask"), words: t("organisations.webhook.end.words"), yes: t("organisations.webhook.end") }))) return;
    if (!hear(await ask(api.DELETE("/api/v1/webhooks/{webhook_id}", { params: { path: { webhook_id: id } } })))) return;
    toast(t("organisations.webhook.ended"));
    void loaded.reload();
  };
  return (
    <section class="stack" aria-labelledby="webhooks">
      <h2 id="webhooks">{t("organisations.webhooks")}</h2>
      {words}
      <Show of={loaded}>
        {({ items }) => items.length === 0 ? <p class="soft">{t("organisations.webhooks.none")}</p> : (
          <ul class="plain stack">
            {items.map((one) => (
              <li key={one.id} class="card row"><span>{t("organisations.webhook.since")} <Moment at={one.created_at} /></span><button type="button" onClick={() => void end(one.id)}>{t("organisations.webhook.end")}</button></li>
            ))}
          </ul>
        )}
      </Show>
      <p><button type="button" onClick={() => setAdding(true)}>{t("organisations.webhook.add")}</button></p>
      {isAdding && <Add organisation={organisation} onClose={(changed) => (setAdding(false), changed && void loaded.reload())} />}
    </section>
  );
}

function Add({ organisation, onClose }: { organisation: string; onClose: (changed: boolean) => void }) {
  const [url, setUrl] = useState("");
  const [secret, setSecret] = useState<string>();
  const { hear, words, problem } = useSaid();
  const send = async (): Promise<void> => {
    const outcome = await ask(api.POST("/api/v1/organisations/{organisation_id}/webhooks", { params: { path: { organisation_id: organisation } }, body: { url: url.trim() } }));
    if (hear(outcome)) setSecret(outcome.data.secret);
  };
  if (secret) {
    return (
      <Dialog title={t("organisations.webhook.secret")} onClose={() => onClose(true)} closable={false}>
        <p>{t("organisations.webhook.secret.words")}</p>
        <p><code class="card">{secret}</code></p>
        <div class="row end"><button type="button" class="first" onClick={() => onClose(true)}>{t("organisations.webhook.secret.kept")}</button></div>
      </Dialog>
    );
  }
  return (
    <Dialog title={t("organisations.webhook.add")} onClose={() => onClose(false)}>
      <Form onSend={send}>
        {words}
        <TextField label={t("organisations.webhook.url")} hint={t("organisations.webhook.url.hint")} value={url} onValue={setUrl} maxLength={2000} autocomplete="off" error={wrongWith(problem, "url")} />
        <div class="row end"><button type="button" onClick={() => onClose(false)}>{t("cancel")}</button><button type="submit" class="first" disabled={!url.trim()}>{t("organisations.webhook.add")}</button></div>
      </Form>
    </Dialog>
  );
}
