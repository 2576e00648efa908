/** How somebody else signs in: what whoever manages people does when a phone is lost or somebody must not come in. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";

import { api, ask, type Outcome, type Schemas } from "../api";
import { t, when } from "../i18n";
import { confirm } from "../parts/dialog";
import { Form, TextField, wrongWith } from "../parts/fields";
import { Moment } from "../parts/marks";
import { toast } from "../parts/toasts";
import { Show, useLoaded, whole, type Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";
import { me } from "../session";

type Account = Whole<Schemas["Account"]>;
type Given = Required<Schemas["GivenCode"]>;

const agencies = signal<string | undefined>(undefined);

/** The part of a person's page. */
export function AccountCard({ personId }: { personId: string }) {
  const path = { params: { path: { person_id: personId } } };
  const loaded = useLoaded<Account | null>(async () => {
    const outcome = await whole(ask(api.GET("/api/v1/people/{person_id}/account", path)));
    // That somebody has no login yet is no failure: they get one here.
    return outcome.is === "problem" && outcome.problem.code === "no-account" ? { is: "data", data: null, etag: undefined } : outcome;
  }, [personId]);
  return (
    <section class="card stack" aria-labelledby="account">
      <h2 id="account">{t("people.account")}</h2>
      <Show of={loaded}>
        {(account) => (account ? <Held account={account} path={path} reload={loaded.reload} isOwn={personId === me.value?.person_id} /> : <New path={path} reload={loaded.reload} />)}
      </Show>
    </section>
  );
}

type Path = { readonly params: { readonly path: { readonly person_id: string } } };

function New({ path, reload }: { path: Path; reload: () => Promise<void> }) {
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const { hear, words, problem } = useSaid();
  const send = async (): Promise<void> => {
    if (!hear(await ask(api.POST("/api/v1/people/{person_id}/account", { ...path, body: { login, password } })))) return;
    toast(t("people.account.made"));
    await reload();
  };
  return (
    <details>
      <summary class="button">{t("people.account.make")}</summary>
      <Form onSend={send}>
        <p>{t("people.account.make.words")}</p>
        {words}
        <TextField label={t("people.account.login")} value={login} onValue={setLogin} autocomplete="off" error={wrongWith(problem, "login")} />
        <TextField label={t("people.account.password")} value={password} onValue={setPassword} autocomplete="off" error={wrongWith(problem, "password")} />
        <p><button type="submit" class="first">{t("people.account.make")}</button></p>
      </Form>
    </details>
  );
}

function Held({ account, path, reload, isOwn }: { account: Account; path: Path; reload: () => Promise<void>; isOwn: boolean }) {
  const [given, setGiven] = useState<Given | undefined>();
  const { hear, words } = useSaid();
  const did = async <T,>(outcome: Outcome<T>, said: string): Promise<void> => {
    if (hear(outcome)) toast(said);
    await reload();
  };
  const reset = async (): Promise<void> => {
    if (!(await confirm({ title: t("people.account.reset.ask"), words: t("people.account.reset.words"), yes: t("people.account.reset") }))) return;
    const outcome = await ask(api.POST("/api/v1/people/{person_id}/account/reset-factors", path));
    if (hear(outcome)) setGiven(outcome.data as Given);
    await reload();
  };
  const move = async (act: "suspend" | "restore"): Promise<void> => {
    if (act === "suspend" && !(await confirm({ title: t("people.account.suspend.ask"), words: t("people.account.suspend.words"), yes: t("people.account.suspend") }))) return;
    await did(await ask(api.POST("/api/v1/people/{person_id}/account/{act}", { params: { path: { ...path.params.path, act } } })), t(`people.account.${act}.done`));
  };
  const end = async (): Promise<void> => did(await ask(api.POST("/api/v1/people/{person_id}/account/sessions/end", path)), t("people.account.end.done"));
  return (
    <>
      {words}
      <p>{t("people.account.is", { login: account.login, passkeys: account.passkeys, codes: account.recovery_left, sessions: account.sessions })} {t(account.app ? "people.account.app" : "people.account.no_app")}</p>
      {account.suspended_at && <p class="note warn">{t("people.account.suspended")} <Moment at={account.suspended_at} /></p>}
      {given && (
        <div class="note" role="status">
          <p><b>{t("people.account.code")}</b> <code>{given.code}</code></p>
          <p>{t("people.account.code.words", { at: when(given.expires_at) })}</p>
        </div>
      )}
      {isOwn ? <p><a class="button" href="/console/security">{t("menu.security")}</a></p> : (
        <div class="row">
          {account.sessions > 0 && <button type="button" onClick={() => void end()}>{t("people.account.end")}</button>}
          <button type="button" onClick={() => void reset()}>{t("people.account.reset")}</button>
          {account.suspended_at ? <button type="button" onClick={() => void move("restore")}>{t("people.account.restore")}</button> : <button type="button" class="danger" onClick={() => void move("suspend")}>{t("people.account.suspend")}</button>}
        </div>
      )}
      {!isOwn && <GivePassword path={path} did={did} />}
      {!isOwn && <Subject account={account} path={path} did={did} />}
    </>
  );
}

type Did = <T>(outcome: Outcome<T>, said: string) => Promise<void>;

function GivePassword({ path, did }: { path: Path; did: Did }) {
  const [password, setPassword] = useState("");
  const send = async (): Promise<void> => {
    await did(await ask(api.PUT("/api/v1/people/{person_id}/account/password", { ...path, body: { password } })), t("people.account.give.done"));
    setPassword("");
  };
  return (
    <details>
      <summary class="button">{t("people.account.give")}</summary>
      <Form onSend={send}>
        <p>{t("people.account.give.words")}</p>
        <TextField label={t("people.account.password")} value={password} onValue={setPassword} autocomplete="off" />
        <p><button type="submit" class="first">{t("people.account.give")}</button></p>
      </Form>
    </details>
  );
}

/** Who the person is at the agency's own sign-in, where there is one. */
function Subject({ account, path, did }: { account: Account; path: Path; did: Did }) {
  const [subject, setSubject] = useState("");
  useLoaded(async () => {
    const outcome = await ask(api.GET("/api/v1/session/ways"));
    if (outcome.is === "data") agencies.value = outcome.data.agency ?? "";
    return outcome;
  }, []);
  if (!agencies.value) return null;
  const link = async (): Promise<void> => {
    await did(await ask(api.POST("/api/v1/people/{person_id}/account/subjects", { ...path, body: { subject } })), t("people.account.link.done"));
    setSubject("");
  };
  const unlink = async (): Promise<void> => did(await ask(api.DELETE("/api/v1/people/{person_id}/account/subjects", path)), t("people.account.unlink.done"));
  return (
    <details>
      <summary class="button">{t("people.account.link", { agency: agencies.value })}</summary>
      <Form onSend={link}>
        <p>{t("people.account.link.words")}</p>
        <TextField label={t("people.account.subject")} value={subject} onValue={setSubject} autocomplete="off" />
        <div class="row">
          <button type="submit" class="first">{t("people.account.link.send")}</button>
          {account.subjects > 0 && <button type="button" onClick={() => void unlink()}>{t("people.account.unlink", { count: account.subjects })}</button>}
        </div>
      </Form>
    </details>
  );
}
