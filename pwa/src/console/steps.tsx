/** The steps of signing in: login and password or a passkey, then a second factor where the person has one. */

import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";

import { api, ask, type Outcome, type Problem, type Schemas } from "./api";
import { t } from "./i18n";
import { knowsPasskeys, showPasskey } from "./passkey";
import { Form, FormProblem, TextField } from "./parts/fields";
import { Offline } from "./parts/states";

type Step = Required<Schemas["NextStep"]>;
type Session = Schemas["Session"];

const ways = signal<Schemas["SigningIn"] | undefined>(undefined);

async function learnWays(): Promise<void> {
  if (ways.value) return;
  const outcome = await ask(api.GET("/api/v1/session/ways"));
  if (outcome.is === "data") ways.value = outcome.data;
}

/** What went wrong with a step, and whether one is under way. */
function useStep() {
  const [failure, setFailure] = useState<Problem | "offline" | undefined>();
  const [isBusy, setBusy] = useState(false);
  const during = async <T,>(act: () => Promise<Outcome<T> | undefined>): Promise<T | undefined> => {
    if (isBusy) return undefined;
    setBusy(true);
    setFailure(undefined);
    const outcome = await act();
    setBusy(false);
    if (outcome?.is === "data") return outcome.data;
    if (outcome) setFailure(outcome.is === "offline" ? "offline" : outcome.problem);
    return undefined;
  };
  const turnedAway = (): undefined => {
    setFailure({ status: 0, code: "no-passkey", title: t("sign_in.no_passkey") });
    return undefined;
  };
  const words = failure === "offline" ? <Offline /> : <FormProblem problem={failure} />;
  return { during, turnedAway, words, isBusy };
}

/** All steps. `onDone` is called with whose session it is now. */
export function Steps({ onDone }: { onDone: (personId: string) => unknown }) {
  const [step, setStep] = useState<Step | undefined>();
  useEffect(() => void learnWays(), []);
  const done = (session: Session): unknown => onDone(session.person_id ?? "");
  if (step) return <Second step={step} onDone={done} onAnew={() => setStep(undefined)} />;
  return <First onDone={done} onStep={setStep} />;
}

/** A passkey for a step, shown to the server. */
function useShown() {
  const { during, turnedAway, words, isBusy } = useStep();
  const show = (step: Step): Promise<Session | undefined> => during(async () => {
    const passkey = await showPasskey(step.passkey as Record<string, unknown>);
    if (!passkey) return turnedAway();
    return ask(api.POST("/api/v1/session/factor", { body: { step: step.step, passkey } }));
  });
  return { during, words, isBusy, show };
}

function First({ onDone, onStep }: { onDone: (session: Session) => unknown; onStep: (step: Step) => void }) {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const { during, words, isBusy, show } = useShown();
  const send = async (): Promise<void> => {
    const found = await during(() => ask(api.POST("/api/v1/session", { body: { login, password } })));
    if (found && "step" in found) onStep(found as Step);
    else if (found) await onDone(found as Session);
  };
  const byPasskey = async (): Promise<void> => {
    const step = await during(() => ask(api.POST("/api/v1/session/passkey")));
    const session = step && (await show(step as Step));
    if (session) await onDone(session);
  };
  const agency = ways.value?.agency;
  return (
    <Form onSend={send}>
      {words}
      <TextField label={t("sign_in.login")} value={login} onValue={setLogin} autocomplete="username" required />
      <TextField label={t("sign_in.password")} value={password} onValue={setPassword} type="password" autocomplete="current-password" required />
      <button class="first" aria-disabled={isBusy}>{t("sign_in.send")}</button>
      {(knowsPasskeys() || agency) && <p class="soft">{t("sign_in.or")}</p>}
      {knowsPasskeys() && <button type="button" aria-disabled={isBusy} onClick={() => void byPasskey()}>{t("sign_in.passkey")}</button>}
      {agency && <a class="button" href={`/console/plain/agency?next=${encodeURIComponent(location.pathname)}`}>{t("sign_in.agency", { agency })}</a>}
    </Form>
  );
}

function Second({ step, onDone, onAnew }: { step: Step; onDone: (session: Session) => unknown; onAnew: () => void }) {
  const [code, setCode] = useState("");
  const { during, words, isBusy, show } = useShown();
  const byCode = async (): Promise<void> => {
    const session = await during(() => ask(api.POST("/api/v1/session/factor", { body: { step: step.step, code } })));
    if (session) await onDone(session);
  };
  const byPasskey = async (): Promise<void> => {
    const session = await show(step);
    if (session) await onDone(session);
  };
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const hasCodes = step.methods.some((one) => one !== "passkey");
  return (
    <section class="stack" aria-labelledby="second-step">
      <h2 id="second-step" tabIndex={-1} ref={heading}>{t("sign_in.second")}</h2>
      <Form onSend={byCode}>
        {words}
        {step.passkey && knowsPasskeys() && <button type="button" class={hasCodes ? "" : "first"} aria-disabled={isBusy} onClick={() => void byPasskey()}>{t("sign_in.second.passkey")}</button>}
        {hasCodes && (
          <>
            <TextField label={t("sign_in.second.code")} hint={t(step.methods.includes("app") ? "sign_in.second.code.app" : "sign_in.second.code.recovery")}
              value={code} onValue={setCode} autocomplete="one-time-code" required />
            <button class="first" aria-disabled={isBusy}>{t("sign_in.second.send")}</button>
          </>
        )}
      </Form>
      <p><button type="button" class="bare" onClick={onAnew}>{t("sign_in.anew")}</button></p>
    </section>
  );
}
