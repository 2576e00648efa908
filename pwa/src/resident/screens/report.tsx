import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { type Category, categoriesOf, config, plainWords } from "../../shared/config";
import { CallFirst, Screen } from "../../shared/frame";
import { t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import { place } from "../../shared/router";
import type { Desk } from "../report/desk";
import { Field } from "../report/field";
import { read, type Words } from "../report/fields";
import { sixOf } from "../report/tiles";

/** The desk where it is written, and the parts of the screen that need it. */
interface Live {
  readonly desk: Desk;
  readonly parts: typeof import("../report/parts");
}
type FormRef = RefObject<HTMLFormElement | null>;

/** One screen: danger, topic, photo, place, words, and Send always in view. Without scripts it is a plain form. */
export default function Report() {
  const form = useRef<HTMLFormElement>(null);
  const words = useSignal<Words>({});
  const { live, coming } = useLive(form, words);
  const desk = live?.desk;
  const typed = (event: Event): void => {
    words.value = read(event.currentTarget as HTMLFormElement);
    const field = (event.target as HTMLInputElement).name;
    if (field !== "photo") desk?.retyped(field);
  };
  const send = (event: Event): void => {
    event.preventDefault();
    const plain = event.currentTarget as HTMLFormElement;
    // Where the rest of this page does not come, the form goes as a plain one.
    coming().then(({ desk: ready }) => ready.send().then(() => lookAtFirstWrong(plain)), () => plain.submit());
  };
  return (
    <Screen title={t("report.title")}>
      <form
        class="stack" ref={form} method="post" action="/form" enctype="multipart/form-data" autocomplete="off"
        onInput={typed} onSubmit={send}
      >
        <input type="hidden" name="kind" value={desk?.before?.kind ?? "concern"} />
        <input type="hidden" name="client_id" value="" />
        {live && <live.parts.Notes desk={live.desk} />}
        <Danger isNow={words.value.danger_now !== undefined} />
        <Topics desk={desk} chosen={desk && (words.value.category ?? "")} />
        <PhotoAndPlace desk={desk} />
        <div class="stack">{live && <live.parts.Found desk={live.desk} />}</div>
        <Said desk={desk} />
        <You desk={desk} isAnonymous={words.value.anonymous !== undefined} />
        {desk && <button type="button" class="bare" onClick={() => (desk.dialog.value = "discard")}>{t("report.discard")}</button>}
        <div class="send">
          <button class="first wide" aria-disabled={desk?.busy.value ?? false}>
            {desk?.busy.value ? t("report.busy") : t("report.send")}
          </button>
        </div>
      </form>
      {live && <live.parts.Dialogs desk={live.desk} />}
    </Screen>
  );
}

/** The rest of the page, fetched when the form stands: what needs scripts comes after what does not. */
function useLive(form: FormRef, words: Signal<Words>): { live: Live | undefined; coming: () => Promise<Live> } {
  const [live, set] = useState<Live>();
  const begun = useRef<Promise<Live> | undefined>(undefined);
  const coming = (): Promise<Live> => {
    begun.current ??= sitDown(form, words);
    begun.current.then(set, () => (begun.current = undefined));
    return begun.current;
  };
  useEffect(() => {
    void coming().catch(() => undefined);
    const pause = (): void => void begun.current?.then(({ desk }) => desk.pause());
    document.addEventListener("visibilitychange", pause);
    window.addEventListener("pagehide", pause);
    return () => {
      document.removeEventListener("visibilitychange", pause);
      window.removeEventListener("pagehide", pause);
      void begun.current?.then(({ desk }) => desk.leave());
    };
  }, []);
  return { live, coming };
}

async function sitDown(form: FormRef, words: Signal<Words>): Promise<Live> {
  const parts = await import("../report/parts");
  const plain = form.current as HTMLFormElement;
  // What was typed and chosen before the scripts came is taken along.
  words.value = read(plain);
  const desk = await parts.sitDown(plain, words, place.value.query);
  takeFiles(desk, plain.elements.namedItem("photo") as HTMLInputElement);
  return { desk, parts };
}

function takeFiles(desk: Desk | undefined, field: HTMLInputElement): void {
  if (!desk || !field.files?.length) return;
  void desk.album.add([...field.files]);
  // The same photo can be chosen again, after it was taken out.
  field.value = "";
}

function lookAtFirstWrong(form: HTMLFormElement): void {
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}

/** The first question. The numbers come before everything else, with and without a network (INV-13). */
function Danger({ isNow }: { isNow: boolean }) {
  return (
    <>
      <div class="row">
        <label class="check">
          <input type="checkbox" name="danger_now" value="yes" />
          <b>{t("report.danger")}</b>
        </label>
        {!isNow && <CallFirst only={1} />}
      </div>
      {isNow && (
        <div class="note danger" role="alert">
          <p><b>{t("report.call")}</b></p>
          <CallFirst />
          <p>{t("report.safe")}</p>
          <p><a class="button" href="/sos">{t("report.quiet")}</a></p>
        </div>
      )}
    </>
  );
}

/** `chosen`: undefined until scripts run, so that what was chosen before is left alone. */
function Topics({ desk, chosen }: { desk: Desk | undefined; chosen: string | undefined }) {
  const kind = desk?.before?.kind ?? "concern";
  const all = categoriesOf(kind === "aid_offer" ? "aid_request" : kind);
  const six = sixOf(all);
  const other = all.filter((one) => one.code === chosen && !six.includes(one));
  const error = desk?.wrong.value.category;
  const more = (event: Event): void => {
    if (!desk) return;
    event.preventDefault();
    desk.dialog.value = "topics";
  };
  return (
    <fieldset>
      <legend>{t("report.topic")}</legend>
      {error && <p role="alert">{error}</p>}
      <div class="tiles">{[...six, ...other].map((one) => <Tile key={one.code} topic={one} chosen={chosen} />)}</div>
      <a class="button wide" href="/form" onClick={more}>{t("report.other")}</a>
    </fieldset>
  );
}

function Tile({ topic, chosen }: { topic: Category; chosen: string | undefined }) {
  return (
    <label class="tile">
      <input type="radio" name="category" value={topic.code} {...(chosen !== undefined && { checked: topic.code === chosen })} />
      <span>{plainWords(topic.code)}</span>
    </label>
  );
}

function PhotoAndPlace({ desk }: { desk: Desk | undefined }) {
  const spot = desk?.spot.value;
  return (
    <div class="tight">
      <div class="tiles">
        <label class="tile">
          <input
            type="file" name="photo" accept="image/*" multiple aria-describedby="photo-hint"
            onChange={(event) => takeFiles(desk, event.currentTarget)}
          />
          <Icon name="camera" />
          <span>{t("report.photo")}</span>
        </label>
        {desk ? (
          <button type="button" class="tile" aria-pressed={spot !== undefined} onClick={() => desk.findPlace()}>
            <Icon name={spot ? "check" : "place"} />
            <span>{t("report.place")}</span>
          </button>
        ) : <span class="button bare" />}
      </div>
      <small id="photo-hint">{t("report.photo_hint")}</small>
    </div>
  );
}

function Said({ desk }: { desk: Desk | undefined }) {
  const wrong = desk?.wrong.value ?? {};
  return (
    <>
      <Field name="landmark" label={t("report.landmark")} hint={t("report.landmark_hint")} error={wrong.landmark ?? wrong.place}>
        {(about) => <input {...about} maxLength={500} />}
      </Field>
      <Field name="text" label={t("report.text")} hint={t("report.text_hint")} error={wrong.text}>
        {(about) => <textarea {...about} rows={3} maxLength={config.value.limits.text} />}
      </Field>
    </>
  );
}

/** Who says it: nobody has to. */
function You({ desk, isAnonymous }: { desk: Desk | undefined; isAnonymous: boolean }) {
  const wrong = desk?.wrong.value ?? {};
  return (
    <details open={Boolean(wrong.email ?? wrong.phone ?? wrong.consent)}>
      <summary><span class="button bare">{t("report.you")}</span></summary>
      <div class="stack">
        <label class="check">
          <input type="checkbox" role="switch" name="anonymous" value="yes" />
          <span>{t("report.anonymous")}</span>
        </label>
        <div class="stack" hidden={isAnonymous}>
          <Field name="email" label={t("report.email")} error={wrong.email}>
            {(about) => <input {...about} inputMode="email" maxLength={254} spellcheck={false} autocapitalize="none" />}
          </Field>
          <Field name="phone" label={t("report.phone")} error={wrong.phone}>
            {(about) => <input {...about} inputMode="tel" maxLength={40} />}
          </Field>
          <Field name="consent" error={wrong.consent}>
            {(about) => <label class="check"><input type="checkbox" value="yes" {...about} /><span>{t("report.consent")}</span></label>}
          </Field>
        </div>
      </div>
    </details>
  );
}
