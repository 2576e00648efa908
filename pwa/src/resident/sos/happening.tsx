/** Asked later, never before: what is happening. One tap is enough, and each word is said once. */

import { useSignal } from "@preact/signals";

import { categoriesOf } from "../../shared/config";
import { pick, t } from "../../shared/i18n";
import { tell } from "./follow";

type Progress = "going" | "taken" | "failed";

export function Happening() {
  return (
    <section class="stack" aria-labelledby="happening">
      <h2 id="happening">{t("alarm.happening")}</h2>
      <div class="tiles">
        {categoriesOf("distress").map((one) => <Tile key={one.code} words={pick(one.plain)} />)}
      </div>
      <OwnWords />
    </section>
  );
}

function Tile({ words }: { words: string }) {
  const progress = useSignal<Progress | undefined>(undefined);
  const say = async (): Promise<void> => {
    if (progress.value === "going" || progress.value === "taken") return;
    progress.value = "going";
    progress.value = (await tell(words)) ? "taken" : "failed";
  };
  return (
    <button type="button" class="tile" aria-pressed={progress.value === "taken"} onClick={() => void say()}>
      <span>{words}</span>
      <small role="status">{progress.value && t(`alarm.${progress.value}`)}</small>
    </button>
  );
}

function OwnWords() {
  const words = useSignal("");
  const progress = useSignal<Progress | undefined>(undefined);
  const say = async (event: Event): Promise<void> => {
    event.preventDefault();
    const said = words.value.trim();
    if (!said || progress.value === "going") return;
    progress.value = "going";
    progress.value = (await tell(said)) ? "taken" : "failed";
    // Words that did not arrive stay, so that they can be sent again.
    if (progress.value === "taken" && words.value.trim() === said) words.value = "";
  };
  return (
    <form class="field" autocomplete="off" onSubmit={(event) => void say(event)}>
      <label for="own">{t("alarm.own_words")}</label>
      <textarea
        id="own" rows={2} maxLength={2000} autocomplete="off" value={words.value}
        onInput={(event) => (words.value = event.currentTarget.value)}
      />
      <button type="submit">{t("alarm.tell")}</button>
      <p role="status">{progress.value && t(`alarm.${progress.value}`)}</p>
    </form>
  );
}
