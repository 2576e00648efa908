/** What was said, shown and heard: untrusted words as text, in their own language; pictures veiled until asked for. */

import { useEffect, useState } from "preact/hooks";

import { categoryName } from "../config";
import { count, pick, t, tagOf } from "../i18n";
import { Moment } from "../parts/marks";
import type { Incident, Photo, Report, Said } from "./model";
import { word } from "./state";

/** Words that somebody else wrote: shown as they are, never read as markup. */
export function Words({ said, lang }: { said: Said; lang?: string }) {
  if (said && typeof said === "object") return <p class="soft">{t("incident.erased")}</p>;
  if (!said) return null;
  return <p class="said" dir="auto" {...(lang && { lang })}>{said}</p>;
}

/** Every report of the incident. */
export function Reports({ incident, purpose }: { incident: Incident; purpose: string }) {
  return (
    <section class="card" aria-labelledby="said">
      <h2 id="said">{t("incident.said", { count: count(incident.reports.length) })}</h2>
      {incident.safe_mode && <p class="note warn"><b>{t("incident.safe_mode")}</b></p>}
      {incident.reports.length === 0 && <p class="soft">{t("incident.said.none")}</p>}
      {incident.reports.map((report) => <OneReport key={report.id} incident={incident} report={report} purpose={purpose} />)}
    </section>
  );
}

function OneReport({ incident, report, purpose }: { incident: Incident; report: Report; purpose: string }) {
  const spoken = tagOf(report.language === "zh" ? "zh" : "en");
  const photos = incident.photos.filter((one) => one.report_id === report.id);
  const voices = incident.voices.filter((one) => one.report_id === report.id);
  return (
    <article class="tight report">
      <p class="soft row">
        <Moment at={report.received_at} />
        <span>{word("kind", report.kind)}</span>
        {report.category && <span>{categoryName(report.category)}</span>}
        <span>{word("channel", report.channel)}</span>
        <span class="badge">{t("incident.language", { language: languageName(report.language) })}</span>
        {report.danger_now && <span class="badge late">{t("incident.danger")}</span>}
        {report.anonymous && <span class="badge">{t("incident.anonymous")}</span>}
        {report.withdrawn_at && <span class="badge">{t("incident.withdrawn")}</span>}
        {report.merged_from_id && <a href={`/console/incidents/${report.merged_from_id}`}>{t("incident.joined")}</a>}
      </p>
      {report.text ? <Words said={report.text} lang={spoken} /> : <p class="soft">{t("incident.no_words")}</p>}
      {report.landmark && <div class="row"><span class="soft">{t("incident.landmark")}</span><Words said={report.landmark} lang={spoken} /></div>}
      <Contact report={report} />
      {photos.map((photo, at) => <Veiled key={photo.id} photo={photo} at={at + 1} purpose={purpose} />)}
      {voices.map((voice) => <Voice key={voice.id} id={voice.id} purpose={purpose} />)}
    </article>
  );
}

function languageName(code: string): string {
  try {
    return new Intl.DisplayNames([tagOf()], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}

function Contact({ report }: { report: Report }) {
  if (report.has_safe_contact) return <p class="note">{t("incident.safe_contact")}</p>;
  if (!report.contact || "erased" in report.contact) return <p class="soft">{t("incident.no_contact")}</p>;
  const ways = ["phone", "email", "telegram"].filter((way) => report.contact && way in report.contact);
  return (
    <details class="no-print">
      <summary>{t("incident.contact")}</summary>
      {ways.map((way) => <p key={way}>{word("way", way === "phone" ? "sms" : way)}: {way === "telegram" ? t("incident.chat") : String((report.contact as Record<string, unknown>)[way])}</p>)}
    </details>
  );
}

/** A picture behind a veil: it is fetched, and the look recorded, only when somebody asks for it. */
function Veiled({ photo, at, purpose }: { photo: Photo; at: number; purpose: string }) {
  const [asked, setAsked] = useState(false);
  const [isClear, setClear] = useState(false);
  const source = useFetched(asked ? `/api/v1/photos/${photo.id}` : "", purpose);
  if (!asked) {
    return (
      <div class="veil no-print" role="group" aria-label={t("incident.photo", { at })}>
        <p class="soft">{t("incident.photo.veiled")}</p>
        <button type="button" onClick={() => setAsked(true)}>{t("incident.photo.show", { at })}</button>
      </div>
    );
  }
  if (source === "failed") return <p class="note warn" role="alert">{t("incident.photo.failed")} <button type="button" onClick={() => setAsked(false)}>{t("again")}</button></p>;
  return (
    <figure class="photo no-print">
      {source && <img src={source} alt={t("incident.photo.alt", { at })} class={isClear ? "" : "blurred"} />}
      <button type="button" aria-pressed={isClear} onClick={() => setClear(!isClear)}>{isClear ? t("incident.photo.blur") : t("incident.photo.sharpen")}</button>
    </figure>
  );
}

function Voice({ id, purpose }: { id: string; purpose: string }) {
  const [asked, setAsked] = useState(false);
  const source = useFetched(asked ? `/api/v1/voice/${id}` : "", purpose);
  if (!asked) return <p><button type="button" onClick={() => setAsked(true)}>{t("incident.voice.play")}</button></p>;
  if (source === "failed") return <p class="note warn" role="alert">{t("incident.photo.failed")}</p>;
  return source ? <audio controls src={source} aria-label={t("incident.voice")} /> : null;
}

/** What is at an address, as one of this page; "failed" where it cannot be had. The purpose goes along for the audit. */
function useFetched(address: string, purpose: string): string {
  const [source, setSource] = useState("");
  useEffect(() => {
    if (!address) return;
    let made = "";
    setSource("");
    fetch(address, { credentials: "same-origin", ...(purpose && { headers: { "Linli-Purpose": purpose } }) })
      .then(async (answer) => (answer.ok ? (made = URL.createObjectURL(await answer.blob())) : "failed"))
      .catch(() => "failed")
      .then(setSource);
    return () => URL.revokeObjectURL(made);
  }, [address]);
  return source;
}

const SKETCH = 60;

/** Where it is: areas in words, coordinates as far as they are told, and how far off they may be as a circle. */
export function Place({ incident }: { incident: Incident }) {
  const { lat, lon, accuracy_m: accuracy } = incident.place;
  const areas = incident.names.areas.map((one) => pick(one.names) || one.name).join(" › ");
  const hasPoint = lat !== null && lon !== null;
  // The sketch has one scale: its edge is 250 m away, or just beyond a coarser circle.
  const reach = Math.max(250, (accuracy ?? 0) * 1.15);
  return (
    <section class="card" aria-labelledby="place">
      <h2 id="place">{t("incident.place")}</h2>
      <p>{areas || t("incident.place.outside")}</p>
      {hasPoint && (
        <div class="row place">
          <svg viewBox={`-${SKETCH} -${SKETCH} ${SKETCH * 2} ${SKETCH * 2}`} class="sketch" role="img" aria-label={t("incident.place.sketch", { meters: count(Math.round(accuracy ?? 0)), edge: count(Math.round(reach)) })}>
            <circle r={SKETCH - 2} class="sketch-edge" />
            <circle r={Math.max(3, ((accuracy ?? 0) / reach) * (SKETCH - 2))} class="sketch-circle" />
            <circle r="2.5" class="sketch-point" />
          </svg>
          <p class="tight">
            <span>{lat.toFixed(5)}, {lon.toFixed(5)}</span>
            <span class="soft">{accuracy === null ? t("incident.place.no_accuracy") : t("incident.place.accuracy", { meters: count(Math.round(accuracy)) })}</span>
            <span class="soft">{t("incident.place.edge", { meters: count(Math.round(reach)) })}</span>
          </p>
        </div>
      )}
      {!hasPoint && <p class="soft">{t("incident.place.none")}</p>}
    </section>
  );
}
