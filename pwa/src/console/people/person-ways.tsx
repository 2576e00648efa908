/** How a person is told, as those in charge of them see and change it; and the roster on paper. */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Outcome, type Schemas } from "../api";
import { language, t } from "../i18n";
import { TextField } from "../parts/fields";
import { Moment } from "../parts/marks";
import { toast } from "../parts/toasts";
import { Show, useLoaded, whole, type Loaded, type Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";
import { may } from "../session";
import { ChoiceForm, WayList, type Chosen } from "./ways";

type Detail = Whole<Schemas["PersonDetail"]>;

/** The card on a person's page. */
export function PersonWays({ person, loaded }: { person: Detail; loaded: Loaded<Detail> }) {
  const path = { params: { path: { person_id: person.id } } };
  const ways = useLoaded(() => whole(ask(api.GET("/api/v1/people/{person_id}/ways", path))), [person.id]);
  const [reach, setReach] = useState({ email: person.email ?? "", phone: person.phone ?? "" });
  const isMine = may("people.write") && !person.left_at;
  const start = (channel: Schemas["Way"]["channel"]) => whole(ask(api.POST("/api/v1/people/{person_id}/ways/tests", { ...path, body: { channel } })));
  const save = async (chosen: Chosen): Promise<Outcome<unknown>> => {
    const changed = { ...(reach.email !== (person.email ?? "") && { email: reach.email || null }), ...(reach.phone !== (person.phone ?? "") && { phone: reach.phone || null }) };
    const body = { ...chosen, ...changed } as Schemas["PersonPatch"];
    const outcome = await ask(api.PATCH("/api/v1/people/{person_id}", { ...path, ...ifMatch(loaded.etag.value), body }));
    if (outcome.is === "data") await Promise.all([loaded.reload(), ways.reload()]);
    return outcome;
  };
  const addresses = (
    <>
      <TextField label={t("people.email")} type="email" autocomplete="off" value={reach.email} onValue={(email) => setReach((former) => ({ ...former, email }))} />
      <TextField label={t("people.phone")} type="tel" autocomplete="off" value={reach.phone} onValue={(phone) => setReach((former) => ({ ...former, phone }))} />
    </>
  );
  return (
    <section class="card stack" aria-labelledby="ways">
      <h2 id="ways">{t("people.ways")}</h2>
      <Show of={ways}>{(found) => <WayList ways={found.items} start={isMine ? start : undefined} />}</Show>
      {isMine && (
        <details>
          <summary class="button">{t("people.way.change")}</summary>
          <ChoiceForm chosen={person as unknown as Chosen} channels={["telegram", "email", "sms"]} save={save} more={addresses} />
        </details>
      )}
    </section>
  );
}

/** The roster and phone tree on paper: made each night, kept for a day. */
export function Papers() {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/printed-rosters"))), []);
  const [isMaking, setMaking] = useState(false);
  const { hear, words } = useSaid();
  const make = async (): Promise<void> => {
    setMaking(true);
    if (hear(await ask(api.POST("/api/v1/printed-rosters", { body: { language: language.value } })))) toast(t("people.paper.made"));
    setMaking(false);
    await loaded.reload();
  };
  return (
    <section class="card stack" aria-labelledby="papers">
      <h2 id="papers">{t("people.paper")}</h2>
      <p>{t("people.paper.words")}</p>
      {words}
      <Show of={loaded}>
        {(found) => found.items.length === 0 ? <p class="soft">{t("people.paper.none")}</p> : (
          <ul class="plain tight">
            {found.items.map((one) => (
              <li key={one.id} class="row">
                <span>{one.language === "zh" ? "中文" : "English"} · <Moment at={one.made_at} /></span>
                <a class="button" href={`/api/v1/printed-rosters/${one.id}.pdf`} download="roster.pdf">{t("people.paper.fetch")}</a>
              </li>
            ))}
          </ul>
        )}
      </Show>
      <p><button type="button" disabled={isMaking} onClick={() => void make()}>{t(isMaking ? "people.paper.making" : "people.paper.make")}</button></p>
    </section>
  );
}
