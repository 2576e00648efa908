/** Signing in, on a page of its own or above a screen whose session has ended, and signing out. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";

import { api, ask, type Outcome, type Problem } from "./api";
import { t } from "./i18n";
import { Dialog } from "./parts/dialog";
import { Form, FormProblem, TextField } from "./parts/fields";
import { Offline, Screen } from "./parts/states";
import { goOn, isInterrupted, me, type Me } from "./session";

/** Why it is not known who is signed in: the server did not answer. */
export const unknown = signal<Exclude<Outcome<never>, { is: "data" }> | undefined>(undefined);

/** Ask the server who is signed in. */
export async function whoAmI(): Promise<void> {
  const outcome = await ask(api.GET("/api/v1/me"));
  const isNobody = outcome.is === "problem" && (outcome.problem.status === 401 || outcome.problem.status === 403);
  unknown.value = outcome.is === "data" || isNobody ? undefined : outcome;
  if (outcome.is === "data") {
    me.value = outcome.data as Me;
  } else if (isNobody) me.value = null;
}

/** End the session at the server and show the sign-in. */
export async function signOut(): Promise<void> {
  const outcome = await ask(api.DELETE("/api/v1/session"));
  if (outcome.is === "offline") unknown.value = outcome;
  else location.assign("/console");
}

/** Login and password. `onDone` is called with whose session it is now. */
function Fields({ onDone }: { onDone: (personId: string) => unknown }) {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState<Problem | "offline" | undefined>();
  const [isBusy, setBusy] = useState(false);
  const send = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setFailure(undefined);
    const outcome = await ask(api.POST("/api/v1/session", { body: { login, password } }));
    setBusy(false);
    if (outcome.is === "data") await onDone(outcome.data.person_id ?? "");
    else setFailure(outcome.is === "offline" ? "offline" : outcome.problem);
  };
  return (
    <Form onSend={send}>
      {failure === "offline" ? <Offline /> : <FormProblem problem={failure} />}
      <TextField label={t("sign_in.login")} value={login} onValue={setLogin} autocomplete="username" required />
      <TextField label={t("sign_in.password")} value={password} onValue={setPassword} type="password" autocomplete="current-password" required />
      <button class="first" aria-disabled={isBusy}>{t("sign_in.send")}</button>
    </Form>
  );
}

/** The page of whoever is not signed in; after it the screen shows that was asked for. */
export function SignIn() {
  return (
    <main id="main" class="narrow" tabIndex={-1}>
      <Screen title={t("sign_in.title")}>
        <Fields onDone={whoAmI} />
        <p><a href="/">{t("sign_in.resident")}</a></p>
      </Screen>
    </main>
  );
}

/** Asks to sign in above a screen that stays as it is; calls that wait go on after. */
export function SignInAgain() {
  if (!isInterrupted.value) return null;
  const done = (personId: string): void => {
    // Another person must not see or send what this one had open.
    if (personId === me.value?.person_id) goOn(true);
    else location.reload();
  };
  const leave = (): void => {
    goOn(false);
    location.assign("/console");
  };
  return (
    <Dialog title={t("sign_in.again")} onClose={leave} closable={false}>
      <p>{t("sign_in.again.words")}</p>
      <Fields onDone={done} />
      <button type="button" class="bare" onClick={leave}>{t("sign_in.leave")}</button>
    </Dialog>
  );
}
