/** The form that opens an incident for half an hour; also a part of what an incident shows to whoever may not see it. */

import { useRef, useState } from "preact/hooks";

import { api, ask, newKey, once, type Problem } from "../api";
import { t, when } from "../i18n";
import { CheckField, Form, FormProblem, TextField, WordsField, wrongWith } from "../parts/fields";
import { Offline } from "../parts/states";
import { toast } from "../parts/toasts";
import { go } from "../router";
import { changes, type Opening } from "./opening";

const DIGITS_MOST = 15;

/** Without `incidentId` the incident is named by its number. */
export function BreakGlass({ incidentId }: { incidentId?: string }) {
  const [number, setNumber] = useState("");
  const [reason, setReason] = useState("");
  const [isSure, setSure] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>();
  const [isOffline, setOffline] = useState(false);
  const key = useRef(newKey());
  const send = async (): Promise<void> => {
    const which = incidentId ? { incident_id: incidentId } : { number: Number(number.replace(/\D/g, "").slice(0, DIGITS_MOST)) };
    const outcome = await ask(api.POST("/api/v1/break-glass", { body: { ...which, reason }, ...once(key.current) }));
    setOffline(outcome.is === "offline");
    setProblem(outcome.is === "problem" ? outcome.problem : undefined);
    if (outcome.is === "offline") return;
    key.current = newKey(); // what was refused is asked anew
    if (outcome.is !== "data") return;
    const opening = outcome.data as Opening;
    changes.value += 1;
    toast(t("glass.opened", { at: when(opening.expires_at) }));
    go(`/console/incidents/${opening.incident_id}`);
  };
  return (
    <div class="card stack">
      <p>{t("glass.words")}</p>
      <p><b>{t("glass.loud")}</b></p>
      <FormProblem problem={problem} />
      {isOffline && <Offline />}
      <Form onSend={() => isSure && void send()}>
        {incidentId ? <p>{t("glass.this")}</p> : (
          <TextField label={t("glass.number")} value={number} onValue={setNumber} inputMode="numeric" autocomplete="off" error={wrongWith(problem, "number")} />
        )}
        <WordsField label={t("glass.reason")} hint={t("glass.reason.hint")} value={reason} onValue={setReason} error={wrongWith(problem, "reason")} />
        <CheckField label={t("glass.sure")} checked={isSure} onChecked={setSure} />
        <div class="row"><button type="submit" class="danger" aria-disabled={!isSure}>{t("glass.open")}</button></div>
      </Form>
    </div>
  );
}
