/** Signing in, on a page of its own or above a screen whose session has ended, and signing out. */

import { signal } from "@preact/signals";

import { api, ask, type Outcome } from "./api";
import { t } from "./i18n";
import { Dialog } from "./parts/dialog";
import { Screen } from "./parts/states";
import { goOn, interrupted, me, type Me } from "./session";
import { Steps } from "./steps";

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

/** The page of whoever is not signed in; after it the screen shows that was asked for. */
export function SignIn() {
  return (
    <main id="main" class="narrow" tabIndex={-1}>
      <Screen title={t("sign_in.title")}>
        <Steps onDone={whoAmI} />
        <p><a href="/">{t("sign_in.resident")}</a></p>
      </Screen>
    </main>
  );
}

/** Asks to sign in above a screen that stays as it is; calls that wait go on after. */
export function SignInAgain() {
  const why = interrupted.value;
  if (!why) return null;
  const done = (personId: string): void => {
    // Another person must not see or send what this one had open.
    if (personId === me.value?.person_id) goOn(true);
    else location.reload();
  };
  const leave = (): void => {
    goOn(false);
    if (why === "ended") location.assign("/console");
  };
  return (
    <Dialog title={t(why === "ended" ? "sign_in.again" : "sign_in.stale")} onClose={leave} closable={why === "stale"}>
      <p>{t(why === "ended" ? "sign_in.again.words" : "sign_in.stale.words")}</p>
      <Steps onDone={done} />
      {why === "ended" && <button type="button" class="bare" onClick={leave}>{t("sign_in.leave")}</button>}
    </Dialog>
  );
}
