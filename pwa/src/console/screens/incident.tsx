/** One incident: what was said, who answers, what was promised, why it was routed so, and what can be done. */

import "../incident/incident.css";

import { useState } from "preact/hooks";

import { categoryName } from "../config";
import { pick, say, t, tagOf } from "../i18n";
import { SelectField } from "../parts/fields";
import { Countdown, Grade, present, statusName, usePresent } from "../parts/marks";
import { Failed, Loading, Screen } from "../parts/states";
import { place } from "../router";
import { useLooking } from "../presence";
import { may, me } from "../session";
import { Acts } from "../incident/acts";
import { Disputes } from "../incident/disputes";
import { Duplicates } from "../incident/duplicates";
import type { Delivery, Incident } from "../incident/model";
import { majorName, Parts } from "../incident/parts";
import { Place, Reports } from "../incident/said";
import { Clocks, Handovers, Looks, Offers, Owners } from "../incident/standing";
import { bodyName, personName, useDesk, word, type Desk } from "../incident/state";
import { Deliveries, Thread } from "../incident/thread";
import { Timeline } from "../incident/timeline";
import { reviewsOf, Why } from "../incident/why";
import { Goals, Notes, Tasks } from "../incident/work";

const PURPOSES = ["handling", "second_opinion", "supervision", "review", "complaint", "rights_request", "exercise"];
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The screen; an address that names no incident says so. */
export default function IncidentScreen() {
  const [id = ""] = place.value.rest;
  if (!ID.test(id)) return <Screen title={t("missing.title")}><p>{t("missing.words")}</p><p><a class="button first" href="/console">{t("missing.queue")}</a></p></Screen>;
  return <Shown key={id} id={id} />;
}

function Shown({ id }: { id: string }) {
  const [purpose, setPurpose] = useState("");
  const desk = useDesk(id, purpose);
  const incident = desk.shown.value;
  const failure = desk.failure.value;
  const again = (): void => void desk.load();
  const others = useLooking(incident ? id : undefined).value.map((one) => one.name ?? t("incident.colleague"));
  if (!incident) {
    return (
      <Screen title={t("incident.title")}>
        {failure ? <Failed outcome={failure} again={again} /> : <Loading />}
        {failure?.is === "problem" && failure.problem.status === 404 && may("glass.break") && <p><a class="button" href={`/console/break-glass/${id}`}>{t("incident.glass")}</a></p>}
      </Screen>
    );
  }
  const title = `${t("number", { number: incident.number })} · ${categoryName(incident.category) || t("incident.unsorted")}`;
  return (
    <Screen title={title} beside={<Purpose value={purpose} onValue={setPurpose} />}>
      {failure && <Failed outcome={failure} again={again} />}
      {others.length > 0 && <p class="note no-print" role="status">{t("incident.looking", { names: new Intl.ListFormat(tagOf()).format(others) })}</p>}
      <Printed incident={incident} />
      <Facts incident={incident} />
      <Body desk={desk} incident={incident} purpose={purpose} />
    </Screen>
  );
}

/** Why it is read: recorded with each look; without a choice, how the reader is concerned. */
function Purpose({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  return (
    <details class="no-print">
      <summary class="soft">{t("incident.purpose.now", { purpose: value ? word("purpose", value) : t("incident.purpose.inferred") })}</summary>
      <SelectField label={t("incident.purpose")} hint={t("incident.purpose.hint")} value={value} onValue={onValue} none={t("incident.purpose.inferred")} options={PURPOSES.map((one) => ({ value: one, words: word("purpose", one) }))} />
    </details>
  );
}

/** Who prints, when, and that paper does not follow the incident any more. */
function Printed({ incident }: { incident: Incident }) {
  usePresent();
  const at = new Intl.DateTimeFormat(tagOf(), { dateStyle: "long", timeStyle: "short" }).format(present.value);
  const who = incident.names.people[me.value?.person_id ?? ""] ?? (me.value?.roles ?? []).map((role) => say(`role.${role}`, role)).join(", ");
  return <p class="print-only">{t("incident.printed", { number: incident.number, who, at })}</p>;
}

function Facts({ incident }: { incident: Incident }) {
  const parent = incident.parent_id;
  return (
    <div class="facts">
      <Grade grade={incident.grade} />
      <b>{statusName(incident.status)}</b>
      {incident.due_at && <span>{t("incident.next")} <Countdown due={incident.due_at} /></span>}
      <span>{pick(incident.owner.label)}</span>
      {incident.diverted && !incident.diversion_answered && <span class="badge late">{t("incident.diverted")}</span>}
      {incident.major && <span class="badge late">{majorName(incident.major_level)}</span>}
      {incident.disputed && <span class="badge">{t("incident.disputed")}</span>}
      {incident.duty_open && <span class="badge">{t("incident.duty.badge")}</span>}
      {reviewsOf(incident).map((code) => <span key={code} class="badge">{pick(incident.names.words[code]) || code}</span>)}
      {incident.outcome && <span class="badge">{word("outcome", incident.outcome)}</span>}
      {parent && <a href={`/console/incidents/${parent}`}>{t("incident.parent")}</a>}
    </div>
  );
}

function Body({ desk, incident, purpose }: { desk: Desk; incident: Incident; purpose: string }) {
  const [open, setOpen] = useState("");
  const receiver = (one: Delivery): string => one.report_id ? t("incident.by.reporter") : one.person_id ? personName(incident, one.person_id) : bodyName(incident, null, one.desk_id);
  return (
    <>
      <Acts desk={desk} incident={incident} open={open} onOpen={setOpen} />
      <div class="incident">
        <div>
          <Reports incident={incident} purpose={purpose} />
          <Thread incident={incident} />
          <Tasks desk={desk} incident={incident} onAdd={() => setOpen("task")} />
          <Goals incident={incident} />
          <Notes incident={incident} />
          <Disputes desk={desk} incident={incident} onMove={setOpen} />
          <Parts desk={desk} incident={incident} />
          <Duplicates desk={desk} incident={incident} onCompare={(other) => setOpen(`compare:${other}`)} />
          <Why incident={incident} />
        </div>
        <div>
          <Owners incident={incident} />
          <Clocks incident={incident} />
          <Offers incident={incident} />
          <Handovers incident={incident} />
          <Place incident={incident} />
          <Timeline incident={incident} />
          <Deliveries incident={incident} receiver={receiver} />
          <Looks desk={desk} />
        </div>
      </div>
    </>
  );
}
