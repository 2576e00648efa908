/** Who answers, from when to when; what was promised; the ladder that climbs; who was asked, and who looked. */

import { useState } from "preact/hooks";

import type { Outcome } from "../api";
import { pick, t } from "../i18n";
import { Countdown, Moment } from "../parts/marks";
import { Failed, Loading } from "../parts/states";
import { may } from "../session";
import type { Clock, Incident } from "./model";
import { Words } from "./said";
import { bodyName, personName, routeName, word, type Desk } from "./state";

/** The owner now, and every owner before: the intervals tile the time. */
export function Owners({ incident }: { incident: Incident }) {
  const owned = [...incident.ownership].reverse();
  return (
    <section class="card" aria-labelledby="owner">
      <h2 id="owner">{t("incident.owner")}</h2>
      <p><b>{pick(incident.owner.label)}</b> {personName(incident, incident.owner.person_id)}</p>
      <ol class="plain tight steps">
        {owned.map((one) => (
          <li key={one.since}>
            <span>{bodyName(incident, one.org_id, one.desk_id)}</span>{" "}
            <span class="soft"><Moment at={one.since} /> – {one.until ? <Moment at={one.until} /> : t("incident.until_now")} · {word("moved", one.by_act)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Every promise with its clock, the rungs that were climbed and those to come. */
export function Clocks({ incident }: { incident: Incident }) {
  const running = incident.clocks.filter((one) => one.state === "running" || one.state === "paused");
  const ended = incident.clocks.filter((one) => one.state !== "running" && one.state !== "paused" && one.state !== "stopped");
  return (
    <section class="card" aria-labelledby="clocks">
      <h2 id="clocks">{t("incident.clocks")}</h2>
      {running.length === 0 && <p class="soft">{t("incident.clocks.none")}</p>}
      <ul class="plain stack">{running.map((one) => <Running key={one.kind} incident={incident} clock={one} />)}</ul>
      {ended.length > 0 && (
        <ul class="plain tight soft">
          {ended.map((one) => <li key={one.kind + one.started_at}>{word("promise", one.kind)}: {word("promise_state", one.state)}{one.ended_at && <> · <Moment at={one.ended_at} /></>}</li>)}
        </ul>
      )}
      {incident.escalations.length > 0 && (
        <>
          <h3>{t("incident.ladder.fired")}</h3>
          <ol class="plain tight">
            {incident.escalations.map((one) => (
              <li key={one.rung + one.fired_at}><Moment at={one.fired_at} /> · {pick(incident.names.rungs[one.rung])}
                {one.told["person_id"] ? ` · ${personName(incident, one.told["person_id"])}` : one.told["desk_id"] ? ` · ${bodyName(incident, null, one.told["desk_id"])}` : ""}</li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}

function Running({ incident, clock }: { incident: Incident; clock: Clock }) {
  const ahead = clock.rungs_s.slice(clock.rungs_fired).map((offset, at) => ({
    rung: clock.rungs_fired + at + 1, at: new Date(Date.parse(clock.started_at) + offset * 1000).toISOString(),
  }));
  return (
    <li class="tight">
      <span><b>{word("promise", clock.kind)}</b> {clock.state === "paused" ? word("promise_state", "paused") : <Countdown due={clock.due_at} />}</span>
      {ahead.length > 0 && clock.next_rung_at && (
        <details>
          <summary class="soft">{t("incident.ladder.next")} <Moment at={clock.next_rung_at} /></summary>
          <ol class="plain tight soft">{ahead.map((one) => <li key={one.rung}><Moment at={one.at} /> · {pick(incident.names.rungs[one.rung])}</li>)}</ol>
        </details>
      )}
    </li>
  );
}

/** Who was asked to lead or to help, and what they said. */
export function Offers({ incident }: { incident: Incident }) {
  return (
    <section class="card" aria-labelledby="offers">
      <h2 id="offers">{t("incident.offers")}</h2>
      {incident.offers.length === 0 && <p class="soft">{t("incident.offers.none")}</p>}
      <ol class="plain tight">
        {incident.offers.map((one) => (
          <li key={one.id}>
            {bodyName(incident, one.org_id, one.desk_id)} <span class="soft">{routeName(incident, one.route)}, {word("part", one.part)}</span>: {word("offer", one.state)}
            {one.state === "proposed" || one.state === "seen" ? <> · <Countdown due={one.due_at} /></> : one.answered_at && <span class="soft"> · <Moment at={one.answered_at} /></span>}
          </li>
        ))}
      </ol>
    </section>
  );
}

const SBAR = ["situation", "background", "assessment", "recommendation"];

/** Hand-overs: what was proposed, by when an answer is due, and what was read back. */
export function Handovers({ incident }: { incident: Incident }) {
  if (incident.handovers.length === 0) return null;
  return (
    <section class="card" aria-labelledby="handovers">
      <h2 id="handovers">{t("incident.handovers")}</h2>
      {[...incident.handovers].reverse().map((one) => {
        const sbar = one.sbar && !("erased" in one.sbar) ? (one.sbar as Record<string, string | null>) : {};
        return (
          <article key={one.id} class="tight">
            <p>{bodyName(incident, one.to_org_id, one.to_desk_id)}: {word("handover", one.state)}{one.state === "proposed" && <> · <Countdown due={one.due_at} /></>}</p>
            {one.state === "proposed" && <p class="soft">{t("incident.handover.lapses")}</p>}
            <dl class="tight">{SBAR.filter((part) => sbar[part]).map((part) => <div key={part}><dt class="soft">{word("sbar", part)}</dt><dd><Words said={sbar[part] ?? null} /></dd></div>)}</dl>
            {one.read_back && <div><span class="soft">{t("incident.read_back")}</span><Words said={one.read_back} /></div>}
          </article>
        );
      })}
    </section>
  );
}

interface Look { readonly at: string; readonly name: string | null; readonly relation: string; readonly purpose: string; readonly of_photo: boolean }

/** Who looked, for what purpose: asked for when it is opened. */
export function Looks({ desk }: { desk: Desk }) {
  const [found, setFound] = useState<Outcome<{ items: readonly Look[] }>>();
  const [isOpen, setOpen] = useState(false);
  if (!may("people.read")) return null;
  const open = (event: Event): void => {
    setOpen((event.currentTarget as HTMLDetailsElement).open);
    if ((event.currentTarget as HTMLDetailsElement).open) void desk.beside<{ items: readonly Look[] }>("looks").then(setFound);
  };
  return (
    <details class="card no-print" onToggle={open}>
      <summary>{t("incident.looks")}</summary>
      {isOpen && !found && <Loading />}
      {found && found.is !== "data" && <Failed outcome={found} />}
      {found?.is === "data" && (
        <ul class="plain tight">
          {found.data.items.map((one, at) => <li key={at}><Moment at={one.at} /> · {one.name ?? t("incident.colleague")} · {word("purpose", one.purpose)}{one.of_photo && ` · ${t("incident.looks.photo")}`}</li>)}
        </ul>
      )}
    </details>
  );
}
