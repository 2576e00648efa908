/** How I am safe to be reached: by one way and in the hours I say, or, unless I say so, not at all. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { t } from "../../shared/i18n";
import { type Channel, safeWay, type SafeWay } from "./kept";
import { Part } from "./part";
import { CHANNELS, keepSafeWay } from "./setting";
import { type ContactFault, faultOfWay, type Filled, NOTHING, wayOf } from "./way";

type Said = ContactFault | "saved" | "lost";

function filledFrom(way: SafeWay | undefined): Filled {
  if (!way) return NOTHING;
  const { channel, address = "", voicemail, code_word = "" } = way;
  return { channel, address, voicemail, code_word, from: way.hours?.from ?? "", to: way.hours?.to ?? "" };
}

export function Contact() {
  const filled = useSignal<Filled>(NOTHING);
  const said = useSignal<Said | undefined>(undefined);
  const set = (change: Partial<Filled>): void => {
    filled.value = { ...filled.value, ...change };
    said.value = undefined;
  };
  useEffect(() => void safeWay().then((way) => (filled.value = filledFrom(way)), () => undefined), []);
  const save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const fault = faultOfWay(filled.value);
    said.value = fault ?? (await keepSafeWay(wayOf(filled.value)).then(() => "saved" as const, () => "lost" as const));
  };
  const now = filled.value;
  return (
    <Part title={t("safety.contact")} state={t(`safety.by_${now.channel}`)}>
      <p>{t("safety.contact_what")}</p>
      <form class="stack" autocomplete="off" onSubmit={(event) => void save(event)}>
        <fieldset>
          <legend>{t("safety.contact_how")}</legend>
          {CHANNELS.map((one) => <Way key={one} channel={one} now={now.channel} choose={() => set({ channel: one })} />)}
        </fieldset>
        <Details now={now} set={set} />
        <div class="row"><button type="submit" class="first">{t("safety.save")}</button></div>
        <p role="status">{said.value && t(`safety.said_${said.value}`)}</p>
      </form>
    </Part>
  );
}

function Way({ channel, now, choose }: { channel: Channel; now: Channel; choose: () => void }) {
  return (
    <label class="check">
      <input type="radio" name="way" checked={now === channel} onChange={choose} />
      {t(`safety.by_${channel}`)}
    </label>
  );
}

function Details({ now, set }: { now: Filled; set: (change: Partial<Filled>) => void }) {
  if (now.channel === "none" || now.channel === "in_app") return null;
  const isMail = now.channel === "email";
  return (
    <>
      <div class="field">
        <label for="address">{t(isMail ? "safety.mail" : "safety.number")}</label>
        <Address isMail={isMail} value={now.address} onInput={(address) => set({ address })} />
        <small>{t("safety.consent")}</small>
      </div>
      <fieldset>
        <legend>{t("safety.hours")}</legend>
        <div class="row hours">
          <label class="field">{t("safety.from")}<input type="time" value={now.from} onInput={(event) => set({ from: event.currentTarget.value })} /></label>
          <label class="field">{t("safety.to")}<input type="time" value={now.to} onInput={(event) => set({ to: event.currentTarget.value })} /></label>
        </div>
        <small>{t("safety.hours_hint")}</small>
      </fieldset>
      {now.channel === "phone" && (
        <label class="check">
          <input type="checkbox" checked={now.voicemail} onChange={(event) => set({ voicemail: event.currentTarget.checked })} />
          {t("safety.voicemail")}
        </label>
      )}
      <div class="field">
        <label for="code-word">{t("safety.word")}</label>
        <input id="code-word" type="text" autocomplete="off" maxLength={60} value={now.code_word} onInput={(event) => set({ code_word: event.currentTarget.value })} />
        <small>{t("safety.word_hint")}</small>
      </div>
    </>
  );
}

function Address({ isMail, value, onInput }: { isMail: boolean; value: string; onInput: (value: string) => void }) {
  const shared = { id: "address", autocomplete: "off", value } as const;
  return isMail
    ? <input {...shared} type="email" maxLength={254} onInput={(event) => onInput(event.currentTarget.value)} />
    : <input {...shared} type="tel" maxLength={40} onInput={(event) => onInput(event.currentTarget.value)} />;
}
