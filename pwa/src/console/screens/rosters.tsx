/** Rosters: weeks with their gaps, and swaps. */

import "../rosters/rosters.css";

import { t } from "../i18n";
import { Screen } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { Swaps } from "../rosters/swaps";
import { Week } from "../rosters/week";
import { place, setQuery } from "../router";
import { may } from "../session";

/** The screen. */
export default function Rosters() {
  const tabs = [
    { key: "week", title: t("rosters.weeks"), content: () => <Week /> },
    { key: "swaps", title: t("rosters.swaps"), content: () => <Swaps /> },
  ];
  const chosen = place.value.query.get("view") ?? "week";
  return (
    <Screen title={t("rosters.title")} beside={may("rosters.write") && <a class="button" href="/console/ladder">{t("rosters.ladder")}</a>}>
      <Tabs label={t("rosters.title")} tabs={tabs} chosen={chosen} onChoose={(key) => setQuery({ view: key === "week" ? null : key })} />
    </Screen>
  );
}
