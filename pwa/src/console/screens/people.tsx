/** People and their credentials. */

import "../rosters/rosters.css";

import { t } from "../i18n";
import { Screen } from "../parts/states";
import { Tabs } from "../parts/tabs";
import { Credentials } from "../people/credentials";
import { People } from "../people/list";
import { PersonPage } from "../people/person";
import { Papers } from "../people/person-ways";
import { MyWays } from "../people/ways";
import { place, setQuery } from "../router";
import { may } from "../session";

/** The screen. */
export default function PeopleScreen() {
  const [id] = place.value.rest;
  if (id) return <PersonPage id={id} />;
  const tabs = [
    { key: "people", title: t("people.title"), content: () => <People /> },
    { key: "credentials", title: t("people.credentials"), content: () => <Credentials /> },
    { key: "mine", title: t("people.ways.mine"), content: () => <MyWays /> },
    ...(may("people.write") ? [{ key: "paper", title: t("people.paper"), content: () => <Papers /> }] : []),
  ];
  const chosen = place.value.query.get("view") ?? "people";
  return (
    <Screen title={t("people.title")}>
      <Tabs label={t("people.title")} tabs={tabs} chosen={chosen} onChoose={(key) => setQuery({ view: key === "people" ? null : key, body: null })} />
    </Screen>
  );
}
