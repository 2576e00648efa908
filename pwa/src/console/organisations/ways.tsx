/** How a body's desks are told by their own addresses, each with its test; and the services of desks. */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Outcome, type Schemas } from "../api";
import { t } from "../i18n";
import { confirm } from "../parts/dialog";
import { Form, TextField, wrongWith } from "../parts/fields";
import { toast } from "../parts/toasts";
import { ChoiceForm, WayList, type Chosen } from "../people/ways";
import { Show, useLoaded, whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";
import { may } from "../session";

/** The choice of a body for its desks. */
export function BodyWays({ id }: { id: string }) {
  const path = { params: { path: { organisation_id: id } } };
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/organisations/{organisation_id}", path))), [id]);
  if (!may("organisations.write")) return null;
  const save = async (chosen: Chosen): Promise<Outcome<unknown>> => {
    const outcome = await ask(api.PATCH("/api/v1/organisations/{organisation_id}", { ...path, ...ifMatch(loaded.etag.value), body: chosen as Schemas["OrganisationPatch"] }));
    if (outcome.is === "data") await loaded.reload();
    return outcome;
  };
  return (
    <details class="card">
      <summary>{t("organisations.ways")}</summary>
      <Show of={loaded}>{(body) => <ChoiceForm chosen={body as unknown as Chosen} channels={["telegram", "email", "service"]} save={save} />}</Show>
    </details>
  );
}

/** One desk: its channels with tests, and its service. */
export function DeskWays({ id, name }: { id: string; name: string }) {
  const path = { params: { path: { desk_id: id } } };
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/desks/{desk_id}/ways", path))), [id]);
  const [url, setUrl] = useState("");
  const { hear, words, problem } = useSaid();
  const mayChange = may("organisations.write");
  const start = (channel: Schemas["Way"]["channel"]) => whole(ask(api.POST("/api/v1/desks/{desk_id}/ways/tests", { ...path, body: { channel } })));
  const put = async (): Promise<void> => {
    if (!hear(await ask(api.PUT("/api/v1/desks/{desk_id}/service", { ...path, body: { url } })))) return;
    setUrl("");
    toast(t("organisations.service.put"));
    await loaded.reload();
  };
  const end = async (): Promise<void> => {
    if (!(await confirm({ title: t("organisations.service.end.ask"), words: t("organisations.service.end.words"), yes: t("organisations.service.end") }))) return;
    hear(await ask(api.DELETE("/api/v1/desks/{desk_id}/service", path)));
    await loaded.reload();
  };
  return (
    <details>
      <summary class="button" aria-label={`${t("organisations.desk.ways")}: ${name}`}>{t("organisations.desk.ways")}</summary>
      <div class="stack">
        <Show of={loaded}>
          {(found) => (
            <>
              <WayList ways={found.items} start={mayChange ? start : undefined} />
              {mayChange && found.service && <p class="row"><span>{t("organisations.service.is", { name: found.service })}</span><button type="button" onClick={() => void end()}>{t("organisations.service.end")}</button></p>}
            </>
          )}
        </Show>
        {mayChange && (
          <Form onSend={put}>
            {words}
            <TextField label={t("organisations.service")} hint={t("organisations.service.hint")} autocomplete="off" value={url} onValue={setUrl} error={wrongWith(problem, "url")} />
            <p><button type="submit">{t("organisations.service.save")}</button></p>
          </Form>
        )}
      </div>
    </details>
  );
}
