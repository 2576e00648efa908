/** How somebody is told: the channels with a test button and its true result, their order, quiet hours and language. */

import { useEffect, useState } from "preact/hooks";

import { api, ask, ifMatch, type Outcome, type Schemas } from "../api";
import { say, t } from "../i18n";
import { Form, SelectField, TextField, wrongWith } from "../parts/fields";
import { toast } from "../parts/toasts";
import { Show, useLoaded, whole, type Whole } from "../rosters/common";
import { useSaid } from "../rosters/turn";

type Way = Whole<Schemas["Way"]>;
type Test = Whole<Schemas["Test"]>;
type Channel = Way["channel"];
export interface Chosen {
  readonly ways: readonly Channel[] | null;
  readonly quiet_from: string | null;
  readonly quiet_to: string | null;
  readonly language: string | null;
}

const POLL_MS = 1000;
const POLLS_MOST = 90;
const APP_ALONE = "app";

/** The channels of one addressee, each with its test. */
export function WayList({ ways, start }: { ways: readonly Way[]; start?: ((channel: Channel) => Promise<Outcome<Test>>) | undefined }) {
  return <ul class="plain stack">{ways.map((way) => <OneWay key={way.channel} way={way} start={start} />)}</ul>;
}

function OneWay({ way, start }: { way: Way; start: ((channel: Channel) => Promise<Outcome<Test>>) | undefined }) {
  const { hear, words } = useSaid();
  const [test, setTest] = useState<Test>();
  const [polls, setPolls] = useState(0);
  const name = say(`people.way.${way.channel}`, way.channel);
  useEffect(() => {
    if (!test || test.is_over || polls >= POLLS_MOST) return;
    const timer = setTimeout(() => {
      void whole(ask(api.GET("/api/v1/channel-tests/{test_id}", { params: { path: { test_id: test.id } } }))).then((outcome) => {
        if (outcome.is === "data") setTest(outcome.data);
        setPolls(polls + 1);
      });
    }, POLL_MS);
    return () => clearTimeout(timer);
  }, [test, polls]);
  const press = async (): Promise<void> => {
    if (!start) return;
    const outcome = await start(way.channel);
    setPolls(0);
    if (hear(outcome)) setTest(outcome.data);
  };
  const standing = !way.on ? "off" : way.bounced ? "bounced" : !way.has_address ? "none" : way.down ? "down" : "ready";
  return (
    <li>
      <div class="row">
        <span><b>{name}</b> · {t(`people.way.is.${standing}`)}</span>
        {start && way.on && way.has_address && <button type="button" aria-label={`${t("people.way.test")}: ${name}`} onClick={() => void press()}>{t("people.way.test")}</button>}
      </div>
      {words}
      <p role="status" class={test?.state === "failed" ? "note warn" : "soft"}>{test && t("people.way.result", { words: test.words })}</p>
    </li>
  );
}

/** The choice: in which order, when not, in which language. `more` stands above it in the same form. */
export function ChoiceForm({ chosen, channels, save, more }: {
  chosen: Chosen; channels: readonly Channel[]; save: (chosen: Chosen) => Promise<Outcome<unknown>>; more?: preact.ComponentChildren;
}) {
  const [order, setOrder] = useState<readonly string[]>(chosen.ways?.length === 0 ? [APP_ALONE] : (chosen.ways ?? []));
  const [times, setTimes] = useState([chosen.quiet_from ?? "", chosen.quiet_to ?? ""] as const);
  const [language, setLanguage] = useState(chosen.language ?? "");
  const { hear, words, problem } = useSaid();
  const isAlone = order[0] === APP_ALONE;
  const put = (at: number, value: string): void => {
    const next = [...order];
    next[at] = value;
    setOrder(next.filter((one, index) => one && next.indexOf(one) === index).slice(0, channels.length));
  };
  const send = async (): Promise<void> => {
    const ways = isAlone ? [] : order.length ? (order as readonly Channel[]) : null;
    if (hear(await save({ ways, quiet_from: times[0] || null, quiet_to: times[1] || null, language: language || null }))) toast(t("people.way.saved"));
  };
  const shown = isAlone ? 1 : Math.min(channels.length, order.length + 1);
  const options = channels.map((value) => ({ value, words: say(`people.way.${value}`, value) }));
  return (
    <Form onSend={send}>
      {words}
      {more}
      <p class="soft">{t("people.way.sos")}</p>
      {Array.from({ length: shown }, (_, at) => (
        <SelectField key={at} label={t("people.way.order", { number: at + 1 })} value={order[at] ?? ""} onValue={(value) => put(at, value)} none={t(at ? "people.way.no_more" : "people.way.each")}
          options={at ? options : [...options, { value: APP_ALONE, words: t("people.way.app_alone") }]} error={at ? undefined : wrongWith(problem, "ways")} />
      ))}
      <TextField label={t("people.way.quiet_from")} hint={t("people.way.quiet.hint")} type="time" value={times[0]} onValue={(value) => setTimes([value, times[1]])} error={wrongWith(problem, "quiet_from")} />
      <TextField label={t("people.way.quiet_to")} type="time" value={times[1]} onValue={(value) => setTimes([times[0], value])} error={wrongWith(problem, "quiet_to")} />
      <SelectField label={t("people.way.language")} value={language} onValue={setLanguage} {...(chosen.language === null && { none: t("people.way.default") })}
        options={[{ value: "en", words: "English" }, { value: "zh", words: "中文" }]} error={wrongWith(problem, "language")} />
      <p><button type="submit" class="first">{t("people.way.save")}</button></p>
    </Form>
  );
}

/** How I am told. */
export function MyWays() {
  const loaded = useLoaded(() => whole(ask(api.GET("/api/v1/me/ways"))), []);
  const start = (channel: Channel) => whole(ask(api.POST("/api/v1/me/ways/tests", { body: { channel } })));
  const save = async (chosen: Chosen): Promise<Outcome<unknown>> => {
    const outcome = await ask(api.PATCH("/api/v1/me/ways", { ...ifMatch(loaded.etag.value), body: chosen as Schemas["MyWays"] }));
    await loaded.reload();
    return outcome;
  };
  return (
    <Show of={loaded}>
      {(mine) => (
        <section class="card stack" aria-labelledby="ways">
          <h2 id="ways">{t("people.ways")}</h2>
          <WayList ways={mine.items} start={start} />
          <ChoiceForm chosen={mine as Chosen} channels={["telegram", "email", "sms"]} save={save} />
        </section>
      )}
    </Show>
  );
}
