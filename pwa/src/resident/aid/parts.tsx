/** The parts of asking and offering: what, when, for whom, where. */

import type { ComponentType } from "preact";
import { useState } from "preact/hooks";

import { categoriesOf, config } from "../../shared/config";
import { Loading } from "../../shared/frame";
import { pick, t } from "../../shared/i18n";
import { Icon } from "../../shared/icons";
import type { Plea, Time } from "./draft";
import { roughPlace } from "./place";

export interface PartProps {
  readonly plea: Plea;
  readonly change: (change: Partial<Plea>) => void;
}

function Tile(props: { name: string; words: string; isChosen: boolean; choose: () => void }) {
  return (
    <label class="tile">
      <input type="radio" name={props.name} checked={props.isChosen} onChange={props.choose} />
      {props.words}
    </label>
  );
}

/** Asking or offering. */
export function Way({ plea, change }: PartProps) {
  return (
    <fieldset>
      <legend>{t("aid.way")}</legend>
      <div class="tiles">
        <Tile name="way" words={t("aid.need")} isChosen={plea.direction === "aid_request"} choose={() => change({ direction: "aid_request" })} />
        <Tile name="way" words={t("aid.offer")} isChosen={plea.direction === "aid_offer"} choose={() => change({ direction: "aid_offer" })} />
      </div>
    </fieldset>
  );
}

/** What it is about. Offers have the same names as needs. */
export function What({ plea, change, isLacking }: PartProps & { isLacking: boolean }) {
  return (
    <fieldset aria-describedby={isLacking ? "lack" : undefined}>
      <legend>{t(plea.direction === "aid_offer" ? "aid.what_offer" : "aid.what")}</legend>
      <div class="tiles">
        {categoriesOf("aid_request").map((one) => (
          <Tile key={one.code} name="what" words={pick(one.plain)} isChosen={plea.category === one.code} choose={() => change({ category: one.code })} />
        ))}
      </div>
    </fieldset>
  );
}

export const TIMES = { soon: "aid.soon", week: "aid.week", often: "aid.often", any: "aid.any" } as const satisfies Record<Time, string>;

/** More details, fetched when somebody opens them. */
export function Details(part: PartProps) {
  const [Found, setFound] = useState<{ Part: ComponentType<PartProps> }>();
  const open = (): void => void import("./more").then((found) => setFound({ Part: found.default }), () => undefined);
  return (
    <details onToggle={(event) => event.currentTarget.open && open()}>
      <summary>{t("aid.more")}</summary>
      {Found ? <Found.Part {...part} /> : <Loading />}
    </details>
  );
}

/** When it is needed or can be done. */
export function When({ plea, change }: PartProps) {
  return (
    <fieldset>
      <legend>{t("aid.when")}</legend>
      <div class="tiles">
        {(Object.keys(TIMES) as Time[]).map((time) => (
          <Tile key={time} name="when" words={t(TIMES[time])} isChosen={plea.time === time} choose={() => change({ time })} />
        ))}
      </div>
    </fieldset>
  );
}

/** For oneself, or for another who agrees. */
export function ForWhom({ plea, change, isLacking }: PartProps & { isLacking: boolean }) {
  return (
    <fieldset aria-describedby={isLacking ? "lack" : undefined}>
      <legend>{t("aid.whom")}</legend>
      <div class="tiles">
        <Tile name="whom" words={t("aid.self")} isChosen={!plea.isForOther} choose={() => change({ isForOther: false })} />
        <Tile name="whom" words={t("aid.other")} isChosen={plea.isForOther} choose={() => change({ isForOther: true })} />
      </div>
      {plea.isForOther && (
        <>
          <label class="check">
            <input type="checkbox" checked={plea.hasConsent} onChange={(event) => change({ hasConsent: event.currentTarget.checked })} />
            <span>{t("aid.consent")}</span>
          </label>
          <p class="soft">{t("aid.no_consent")} <a href="/report">{t("aid.worried")}</a></p>
        </>
      )}
    </fieldset>
  );
}

/** Whether neighbours may find it by themselves: off unless chosen, and only for help at the door or outdoors (R19). */
export function Board({ plea, change }: PartProps) {
  const known = config.value.categories.find((one) => one.code === plea.category);
  if (!known?.on_board) return known ? <p class="soft">{t("aid.board_not")}</p> : null;
  return (
    <fieldset>
      <legend>{t("aid.board")}</legend>
      <label class="check">
        <input type="checkbox" checked={plea.onBoard} aria-describedby="board-hint" onChange={(event) => change({ onBoard: event.currentTarget.checked })} />
        <span>{t("aid.board_show")}</span>
      </label>
      <p class="soft" id="board-hint">{t("aid.board_hint")}</p>
      {plea.onBoard && !plea.fix && <p class="note" role="status">{t("aid.board_place")}</p>}
    </fieldset>
  );
}

/** About where: made coarse on this phone, or in words. */
export function Where({ plea, change }: PartProps) {
  const [state, setState] = useState<"looking" | "failed">();
  const locate = async (): Promise<void> => {
    setState("looking");
    const fix = await roughPlace();
    setState(fix ? undefined : "failed");
    if (fix) change({ fix });
  };
  const words = plea.fix ? t("aid.located") : state === "looking" ? t("aid.locating") : state === "failed" ? t("aid.not_located") : "";
  return (
    <fieldset aria-describedby="where-hint">
      <legend>{t("aid.where")}</legend>
      <p class="soft" id="where-hint">{t("aid.where_hint")}</p>
      <div class="row">
        {plea.fix
          ? <button type="button" onClick={() => change({ fix: undefined })}>{t("aid.unlocate")}</button>
          : <button type="button" onClick={() => void locate()}><Icon name="place" />{t("aid.locate")}</button>}
      </div>
      <p role="status">{words}</p>
      <div class="field">
        <label for="landmark">{t("aid.landmark")}</label>
        <input id="landmark" maxLength={500} autocomplete="off" value={plea.landmark} onInput={(event) => change({ landmark: event.currentTarget.value })} />
      </div>
    </fieldset>
  );
}
