/** What can be done with a change next, and who did what so far. */

import { useState } from "preact/hooks";

import { api, ask, ifMatch, type Outcome, type Problem } from "../api";
import { say, t } from "../i18n";
import { Dialog } from "../parts/dialog";
import { Form, FormProblem, TextField, WordsField, wrongWith } from "../parts/fields";
import { Moment } from "../parts/marks";
import { Offline } from "../parts/states";
import { toast } from "../parts/toasts";
import { go } from "../router";
import { may, me } from "../session";
import type { ChangeDetail } from "./calls";

type Deed = "propose" | "approve" | "send-back" | "withdraw" | "roll-back";
const NEEDS_REASON: readonly Deed[] = ["send-back", "roll-back"];

/** What happened, oldest first. */
export function Steps({ change }: { change: ChangeDetail }) {
  return (
    <ol class="plain stack">
      {change.steps.map((one, index) => (
        <li key={index}>
          <b>{say(`rules.act.${one.act}`, one.act)}</b> · <Moment at={one.at} /> · {personWords(one.by)}
          {one.act === "save" && <> · {t("rules.revision", { number: one.revision })}</>}
          {one.why && <p class="said">{one.why}</p>}
        </li>
      ))}
    </ol>
  );
}

/** Who acted, without a name: this person, another one, or the system. */
export function personWords(by: string | null): string {
  if (by === `person:${me.value?.person_id}`) return t("rules.by.you");
  if (by === "system") return t("rules.by.system");
  return by?.startsWith("person:") ? t("rules.by.other", { id: by.slice(-4) }) : t("rules.by.command");
}

/** Whether this person wrote a part of the change, so that another has to approve it. */
export function isOwn(change: ChangeDetail): boolean {
  const mine = `person:${me.value?.person_id}`;
  return change.author === mine || change.steps.some((one) => one.by === mine && ["begin", "save"].includes(one.act));
}

interface Props {
  readonly change: ChangeDetail;
  readonly etag: string | undefined;
  readonly onChanged: (outcome: Outcome<ChangeDetail>) => void;
  /** What has to be done before proposing, such as saving; false keeps it from going on. */
  readonly before: () => Promise<boolean>;
}

/** The buttons of what may be done next. */
export function NextSteps({ change, etag, onChanged, before }: Props) {
  const [asked, setAsked] = useState<Deed>();
  const can = (act: string): boolean => change.allowed.includes(act);
  const open = async (deed: Deed): Promise<void> => {
    if (deed === "propose" && !(await before())) return;
    setAsked(deed);
  };
  const deeds: readonly (readonly [Deed, boolean])[] = [
    ["propose", can("propose") && may("policy.write")],
    ["approve", can("approve") && may("policy.approve")],
    ["send-back", can("send_back") && may("policy.approve")],
    ["roll-back", change.state === "effective" && may("policy.write")],
    ["withdraw", can("withdraw") && may("policy.write")],
  ];
  return (
    <>
      {can("approve") && isOwn(change) && <p class="note">{t("rules.own")}</p>}
      <div class="row">
        {deeds.filter(([, isOpen]) => isOpen).map(([deed], index) => (
          <button key={deed} type="button" class={index === 0 && deed !== "withdraw" ? "first" : ""} onClick={() => void open(deed)}>{say(`rules.do.${deed}`)}</button>
        ))}
      </div>
      {asked && <DeedDialog deed={asked} change={change} etag={etag} onClose={() => setAsked(undefined)} onDone={(outcome) => (setAsked(undefined), onChanged(outcome))} />}
    </>
  );
}

function DeedDialog({ deed, change, etag, onClose, onDone }: {
  deed: Deed; change: ChangeDetail; etag: string | undefined; onClose: () => void; onDone: (outcome: Outcome<ChangeDetail>) => void;
}) {
  const [why, setWhy] = useState("");
  const [at, setAt] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [isOff, setIsOff] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const send = async (): Promise<void> => {
    if (isBusy) return;
    setIsBusy(true);
    const outcome = await act(deed, change, { why, at, title: t("rules.back.title", { title: change.title }) }, etag);
    setIsBusy(false);
    setProblem(outcome.is === "problem" ? outcome.problem : undefined);
    setIsOff(outcome.is === "offline");
    if (outcome.is !== "data") return;
    toast(say(`rules.done.${deed}`));
    if (deed === "roll-back") go(`/console/rules/changes/${outcome.data.id}`);
    onDone(outcome);
  };
  return (
    <Dialog title={say(`rules.do.${deed}`)} onClose={onClose}>
      <Form onSend={() => void send()}>
        <FormProblem problem={problem} />
        {isOff && <Offline />}
        <p>{say(`rules.do.${deed}.words`)}</p>
        {deed === "approve" && <TextField type="datetime-local" label={t("rules.from")} hint={t("rules.from.hint")} error={wrongWith(problem, "at")} value={at} onValue={setAt} />}
        <WordsField rows={3} label={NEEDS_REASON.includes(deed) ? t("rules.why.needed") : t("rules.why")} hint={t("rules.why.hint")} error={wrongWith(problem, "why")} value={why} onValue={setWhy} />
        <div class="row end">
          <button type="button" onClick={onClose}>{t("cancel")}</button>
          <button type="submit" class="first" aria-disabled={isBusy}>{say(`rules.do.${deed}`)}</button>
        </div>
      </Form>
    </Dialog>
  );
}

async function act(deed: Deed, change: ChangeDetail, said: { why: string; at: string; title: string }, etag: string | undefined): Promise<Outcome<ChangeDetail>> {
  const params = { path: { change_id: change.id } };
  const { why } = said;
  const call = {
    "propose": () => ask(api.POST("/api/v1/policy/changes/{change_id}/propose", { params, body: { why }, ...ifMatch(etag) })),
    "approve": () => ask(api.POST("/api/v1/policy/changes/{change_id}/approve", { params, body: { why, ...(said.at && { at: new Date(said.at).toISOString() }) }, ...ifMatch(etag) })),
    "send-back": () => ask(api.POST("/api/v1/policy/changes/{change_id}/send-back", { params, body: { why } })),
    "withdraw": () => ask(api.POST("/api/v1/policy/changes/{change_id}/withdraw", { params, body: { why } })),
    "roll-back": () => ask(api.POST("/api/v1/policy/changes/{change_id}/roll-back", { params, body: { why, title: said.title } })),
  }[deed];
  return (await call()) as Outcome<ChangeDetail>;
}
