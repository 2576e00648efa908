/** Bodies: the register, the matrix of mandates, and what nobody answers for. */

import "../rosters/rosters.css";

import { t } from "../i18n";
import { GapBoard, Register, Sheet } from "../organisations/list";
import { MatrixView } from "../organisations/matrix";
import { Screen } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { place, setQuery } from "../router";

/** The screen. */
export default function Organisations() {
  const [id] = place.value.rest;
  if (id) return <Screen title={t("organisations.one")} beside={<a class="button" href="/console/organisations">{t("organisations.all")}</a>}><Sheet id={id} /></Screen>;
  const tabs = [
    { key: "register", title: t("organisations.register"), content: () => <Register /> },
    { key: "matrix", title: t("organisations.matrix"), content: () => <MatrixView /> },
    { key: "gaps", title: t("organisations.gaps"), content: () => <GapBoard /> },
  ];
  const chosen = place.value.query.get("view") ?? "register";
  return (
    <Screen title={t("organisations.title")}>
      <Tabs label={t("organisations.title")} tabs={tabs} chosen={chosen} onChoose={(key) => setQuery({ view: key === "register" ? null : key })} />
    </Screen>
  );
}
