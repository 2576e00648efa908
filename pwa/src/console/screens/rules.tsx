/** The rule workbench: the rules of a place, changes of them, imports, and rules that may be wrong. */

import { useEffect } from "preact/hooks";

import { t } from "../i18n";
import { Failed, Loading, Screen } from "../parts/states";
import { place } from "../router";
import { areas, prepare, unprepared, vocabulary } from "../rules/calls";
import { ChangePage } from "../rules/change";
import { ChangesPage } from "../rules/changes";
import { ImportPage } from "../rules/import";
import { NewDraftPage } from "../rules/new-draft";
import { OverridesPage } from "../rules/overrides";
import { PlacePage } from "../rules/place";
import { RulePage } from "../rules/rule";
import "../rules/rules.css";

/** The screen. */
export default function Rules() {
  useEffect(() => void prepare(), []);
  if (unprepared.value) return <Screen title={t("rules.heading")}><Failed outcome={unprepared.value} again={() => void prepare()} /></Screen>;
  if (!vocabulary.value || areas.value.length === 0) return <Screen title={t("rules.heading")}><Loading /></Screen>;
  return <div class="rules stack"><Part /></div>;
}

function Part() {
  const [part, one] = place.value.rest;
  if (part === "rule" && one) return <RulePage code={one} />;
  if (part === "changes") return one ? <ChangePage id={one} /> : <ChangesPage />;
  if (part === "new") return <NewDraftPage />;
  if (part === "import") return <ImportPage />;
  return part === "overrides" ? <OverridesPage /> : <PlacePage />;
}
