/** What happened, in order: a reading of the journal, live. */

import { useState } from "preact/hooks";

import { categoryName } from "../config";
import { count, pick, t } from "../i18n";
import { Moment, statusName } from "../parts/marks";
import type { Happening, Incident } from "./model";
import { bodyName, personName, word } from "./state";

const FIRST = 12;

/** The latest first; the rest is folded. */
export function Timeline({ incident }: { incident: Incident }) {
  const [all, setAll] = useState(false);
  const events = [...incident.timeline].reverse();
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">{t("incident.timeline")}</h2>
      <ol class="plain tight events">
        {(all ? events : events.slice(0, FIRST)).map((event) => <Line key={event.stream_seq} incident={incident} event={event} />)}
      </ol>
      {events.length > FIRST && !all && <p><button type="button" onClick={() => setAll(true)}>{t("incident.timeline.all", { count: count(events.length) })}</button></p>}
    </section>
  );
}

function Line({ incident, event }: { incident: Incident; event: Happening }) {
  const [kind, id] = event.actor.split(":");
  const said = detail(incident, event);
  return (
    <li>
      <Moment at={event.at} /> <span>{eventName(incident, event)}</span>{said && <span> · {said}</span>}
      {kind === "person" && <span class="soft"> · {personName(incident, id)}</span>}
    </li>
  );
}

/** What an event means, in the reader's language. */
export function eventName(incident: Incident, event: Happening): string {
  return pick(incident.names.events[event.type]) || event.type;
}

function detail(incident: Incident, { type, payload }: Happening): string {
  const text = (name: string): string => (typeof payload[name] === "string" ? (payload[name] as string) : "");
  if (type === "IncidentRegraded") return `${t("grade", { grade: String(payload["old"]) })} → ${t("grade", { grade: String(payload["new"]) })}`;
  if (type === "RegradeTakenBack") return t("grade", { grade: String(payload["grade"]) });
  if (type === "DeclaredMajor") return word("major", String(payload["level"]));
  if (type === "IncidentTriaged") return `${categoryName(text("category"))}, ${t("grade", { grade: String(payload["grade"]) })}`;
  if (type === "RungClimbed") return pick(incident.names.rungs[String(payload["rung"])]);
  if (type === "TaskMoved") return word("task_state", text("to"));
  if (type === "DisputeMoved") return word("dispute", text("to"));
  if (type === "AttendanceRecorded") return `${bodyName(incident, text("org_id"))}: ${payload["attended"] ? t("incident.attended") : t("incident.missed")}`;
  if (text("org_id")) return bodyName(incident, text("org_id"), text("desk_id"));
  if (text("from") && text("to")) return `${statusName(text("from"))} → ${statusName(text("to"))}`;
  return "";
}
