/** Mutual aid for coordinators: the board, who fits, many at once, gaps, a list to print, a list from a file. */

import "../aid/aid.css";

import { Board } from "../aid/board";
import { GapBoard } from "../aid/gaps";
import { ImportList } from "../aid/importing";
import { Notice } from "../aid/notice";
import { PlanMany } from "../aid/plan";
import { SuggestionsFor } from "../aid/suggestions";
import { t } from "../i18n";
import { Screen } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { place, setQuery } from "../router";

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VIEWS = { board: Board, plan: PlanMany, gaps: GapBoard, notice: Notice, import: ImportList } as const;
type View = keyof typeof VIEWS;

/** The screen. */
export default function Aid() {
  const which = place.value.rest[0] ?? "";
  if (ID.test(which)) return <Screen title={t("aid.find")}><SuggestionsFor id={which} /></Screen>;
  const asked = place.value.query.get("view") as View;
  const chosen: View = asked in VIEWS ? asked : "board";
  return (
    <Screen title={t("aid.title")}>
      <Tabs label={t("aid.views")} chosen={chosen} onChoose={(view) => setQuery({ view: view === "board" ? null : view })}
        tabs={(Object.keys(VIEWS) as View[]).map((key) => ({ key, title: t(`aid.${key}`), content: () => One(key) }))} />
    </Screen>
  );
}

function One(key: View) {
  const Shown = VIEWS[key];
  return <Shown key={key} />;
}
