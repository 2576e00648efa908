/** Messages with those who reported: the thread, ready answers in each reader's language, and how far each message came. */

import { useEffect, useRef, useState } from "preact/hooks";

import type { Outcome } from "../api";
import { count, language, pick, t, tagOf, when } from "../i18n";
import { Form, FormProblem, SelectField, WordsField } from "../parts/fields";
import { Moment } from "../parts/marks";
import { Failed, Loading } from "../parts/states";
import type { Delivery, Incident, Message, Said, Wording } from "./model";
import { Words } from "./said";
import { personName, word, type Answer, type Desk } from "./state";

interface Ready {
  readonly readers: readonly { readonly language: string; readonly threads: number }[];
  readonly items: readonly { readonly key: string; readonly title: Wording; readonly words: Wording }[];
}

/** The thread; what went to several reporters at once is shown once. */
export function Thread({ incident }: { incident: Incident }) {
  const shown = new Map<string, Message[]>();
  for (const one of incident.messages) {
    if (one.template === "reporter_answer") continue;
    const answer = one.params["answer"];
    const key = [one.at, one.direction, one.template ?? (typeof answer === "string" ? answer : JSON.stringify(one.body))].join(" ");
    shown.set(key, [...(shown.get(key) ?? []), one]);
  }
  return (
    <section class="card" aria-labelledby="thread">
      <h2 id="thread">{t("incident.thread")}</h2>
      {shown.size === 0 && <p class="soft">{t("incident.thread.none")}</p>}
      <ol class="plain stack">{[...shown].map(([key, messages]) => <One key={key} incident={incident} messages={messages} />)}</ol>
    </section>
  );
}

function One({ incident, messages }: { incident: Incident; messages: readonly Message[] }) {
  const [first] = messages;
  if (!first) return null;
  const isOurs = first.direction === "to_reporter";
  const by = !isOurs ? t("incident.by.reporter") : first.template ? t("incident.by.linli") : personName(incident, first.written_by) || t("incident.colleague");
  return (
    <li class={`message ${isOurs ? "ours" : "theirs"}`}>
      <p class="soft">{by} · <Moment at={first.at} />{messages.length > 1 && ` · ${t("incident.threads", { count: count(messages.length) })}`}</p>
      {bodies(incident, messages).map(({ said, lang }, at) => <Words key={at} said={said} {...(lang && { lang })} />)}
      {isOurs && <Truth incident={incident} messages={messages} />}
    </li>
  );
}

/** The words of a message: our own text in the reader's language, else what was written, once in each language. */
function bodies(incident: Incident, messages: readonly Message[]): readonly { said: Said; lang?: string }[] {
  const [first] = messages;
  if (first?.template) return [{ said: filled(incident, first) }];
  const found = new Map(messages.map((one) => [JSON.stringify(one.body), one]));
  return [...found.values()].map((one) => {
    const spoken = incident.reports.find((report) => report.id === one.report_id)?.language;
    return { said: one.body, ...(spoken && { lang: tagOf(spoken === "zh" ? "zh" : "en") }) };
  });
}

function filled(incident: Incident, message: Message): string {
  const notice = pick(incident.names.notices[message.template ?? ""]?.body);
  const due = message.params["until"] ?? message.params["due_at"];
  const values: Record<string, string> = { reference: String(incident.number), due: typeof due === "string" ? when(due) : "–" };
  return notice.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "").trim();
}

/** How far a message came: each word only as far as a row proves it. */
function Truth({ incident, messages }: { incident: Incident; messages: readonly Message[] }) {
  const reports = new Set(messages.map((one) => one.report_id));
  const template = messages[0]?.template ?? "reporter_answer";
  const sent = incident.deliveries.filter((one) => one.report_id && reports.has(one.report_id) && one.template === template && one.created_at === messages[0]?.at);
  return (
    <ul class="plain tight soft">
      <li>{seenWords(messages)}</li>
      {sent.map((one) => <li key={one.id}>{word("way", one.channel)}: {told(one)}</li>)}
    </ul>
  );
}

/** In how many threads a message was seen, and when. */
function seenWords(messages: readonly Message[]): string {
  const seen = messages.flatMap((one) => one.seen_at ?? []).sort();
  const last = seen.at(-1);
  if (!last) return t("incident.truth.thread");
  if (seen.length === messages.length) return t("incident.truth.seen", { at: when(last) });
  return t("incident.truth.seen.some", { seen: count(seen.length), all: count(messages.length), at: when(last) });
}

/** The state of a delivery in words. */
export function told(one: Delivery): string {
  return pick(one.said) || word("told", one.state);
}

/** Everybody who was told of it, by what channel, and how far that came. */
export function Deliveries({ incident, receiver }: { incident: Incident; receiver: (one: Delivery) => string }) {
  const failed = incident.deliveries.filter((one) => one.state === "failed" || one.state === "not_sent").length;
  return (
    <details class="card">
      <summary>{t("incident.deliveries", { count: count(incident.deliveries.length) })}{failed > 0 && <span class="late"> ⚠ {t("incident.deliveries.failed", { count: count(failed) })}</span>}</summary>
      <ol class="plain tight">
        {incident.deliveries.map((one) => (
          <li key={one.id}>{receiver(one)} · {word("way", one.channel)} · <span class="soft">{pick(incident.names.notices[one.template]?.subject).replace("{reference}", String(incident.number))}</span> · {told(one)} <Moment at={one.seen_at ?? one.delivered_at ?? one.handed_over_at ?? one.created_at} /></li>
        ))}
      </ol>
    </details>
  );
}

/** Write to those who reported, in one's own words or by a ready answer whose text is seen before it goes. */
export function Write({ desk, incident, onDone }: { desk: Desk; incident: Incident; onDone: () => void }) {
  const [ready, setReady] = useState<Outcome<Ready>>();
  const [template, setTemplate] = useState("");
  const [text, setText] = useState("");
  const [only, setOnly] = useState("");
  const [failed, setFailed] = useState<Answer>();
  const seen = useRef(incident);
  useEffect(() => void desk.beside<Ready>("answers").then(setReady), []);
  if (!ready) return <Loading />;
  if (ready.is !== "data") return <Failed outcome={ready} />;
  const chosen = ready.data.items.find((one) => one.key === template);
  const send = async (): Promise<void> => {
    const body = { ...(template ? { template } : { text }), ...(only && { report_id: only }) };
    const answer = await desk.act("message", body, seen.current, t("incident.message.done"));
    setFailed(answer);
    if (!answer) onDone();
  };
  return (
    <Form onSend={send}>
      {failed && (failed.is === "problem" ? <FormProblem problem={failed.problem} /> : <Failed outcome={failed} />)}
      <p class="soft">{t("incident.message.hint")}</p>
      <SelectField label={t("incident.message.template")} value={template} onValue={setTemplate} none={t("incident.message.own")}
        options={ready.data.items.map((one) => ({ value: one.key, words: pick(one.title) }))} />
      {incident.reports.length > 1 && (
        <SelectField label={t("incident.message.to")} value={only} onValue={setOnly} none={t("incident.message.all", { count: count(incident.reports.length) })}
          options={incident.reports.map((one, at) => ({ value: one.id, words: t("incident.message.report", { number: at + 1, at: when(one.received_at) }) }))} />
      )}
      {chosen ? (
        <div class="note" role="status">
          {ready.data.readers.map((reader) => (
            <div key={reader.language}>
              <p class="soft">{t("incident.message.preview", { language: reader.language === "zh" ? "中文" : "English", count: count(reader.threads) })}</p>
              <p class="said" lang={tagOf(reader.language === "zh" ? "zh" : "en")}>{chosen.words[reader.language]}</p>
            </div>
          ))}
        </div>
      ) : (
        <>
          <WordsField label={t("incident.message.text")} value={text} onValue={setText} rows={5} hint={t("incident.message.language", {
            languages: ready.data.readers.map((one) => (one.language === "zh" ? "中文" : "English")).join(", "),
          })} />
          {ready.data.readers.some((one) => one.language !== language.value) && <p class="note warn">{t("incident.message.other")}</p>}
        </>
      )}
      <p class="row end">
        <button type="button" onClick={onDone}>{t("cancel")}</button>
        <button type="submit" class="first" disabled={desk.busy.value || (!template && !text.trim())}>{t("incident.message.send")}</button>
      </p>
    </Form>
  );
}
