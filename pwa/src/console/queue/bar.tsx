/** What narrows and orders the queue: search, filters, order, and the person's saved views. */

import { useRef, useState } from "preact/hooks";

import { categories, categoryName } from "../config";
import { LANGUAGE_NAMES, LANGUAGES, say, t } from "../i18n";
import { FilterBar, ManyFilter, OneFilter, YesFilter } from "../parts/filters";
import { statusName } from "../parts/marks";
import { FILTERS, SORTS, words, YES } from "./asking";
import { areaOptions, bodyOptions } from "./places";
import { Views } from "./views";

const STATES = ["received", "triaged", "offered", "accepted", "in_progress", "waiting", "stabilised", "recovering", "goals_checked", "closed", "merged", "withdrawn", "not_ours_handed_over"];
const GRADES = [1, 2, 3, 4, 5];

/** Where there is room the filters are seen at once; on a phone the incidents come first. */
const HAS_ROOM = "(min-width: 48rem)";

/** The bar above the list. */
export function Bar() {
  const [isOpen] = useState(() => matchMedia(HAS_ROOM).matches);
  return (
    <div class="stack">
      <div class="row">
        <Searching />
        <Views />
      </div>
      <details class="narrowing" open={isOpen}>
        <summary class="button bare">{t("filters")}</summary>
        <Narrowing />
      </details>
    </div>
  );
}

function Narrowing() {
  return (
    <FilterBar names={FILTERS}>
      <ManyFilter name="grade" label={t("queue.grade")} options={GRADES.map((grade) => ({ value: String(grade), words: `${t("grade", { grade })} ${say(`grade.${grade}`)}` }))} />
      <ManyFilter name="status" label={t("queue.status")} options={STATES.map((state) => ({ value: state, words: statusName(state) }))} />
      <ManyFilter name="category" label={t("queue.category")} options={categories().map((one) => ({ value: one.code, words: categoryName(one.code) }))} />
      {YES.map((name) => <YesFilter key={name} name={name} label={t(`queue.${name}`)} />)}
      <OneFilter name="area" label={t("queue.area")} options={areaOptions()} />
      <OneFilter name="owner" label={t("queue.owner")} options={bodyOptions()} />
      <OneFilter name="language" label={t("queue.language")} options={LANGUAGES.map((code) => ({ value: code, words: LANGUAGE_NAMES[code] }))} />
      <OneFilter name="sort" label={t("queue.sort")} all={t("queue.sort.risk")} options={SORTS.slice(1).map((one) => ({ value: one, words: t(`queue.sort.${one}`) }))} />
    </FilterBar>
  );
}

/** Search by words or a number. What is typed goes to the server in a body and stands in no address. */
function Searching() {
  const [typed, setTyped] = useState(words.value);
  const box = useRef<HTMLInputElement>(null);
  const send = (event: Event): void => {
    event.preventDefault();
    words.value = typed.trim();
  };
  const clear = (): void => {
    setTyped("");
    words.value = "";
    box.current?.focus();
  };
  return (
    <form class="search row" role="search" onSubmit={send}>
      <label class="unseen" for="queue-search">{t("queue.search")}</label>
      <input id="queue-search" ref={box} type="search" maxLength={200} autocomplete="off" placeholder={t("queue.search")} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
      <button>{t("queue.search.do")}</button>
      {words.value && <button type="button" class="bare" onClick={clear}>{t("queue.search.end")}</button>}
    </form>
  );
}
