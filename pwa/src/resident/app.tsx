/** The whole page: the screen of the present address. */

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { Loading, Offline, Screen } from "../shared/frame";
import { need, t } from "../shared/i18n";
import { place } from "../shared/router";
import { Gate } from "./safety/gate";
import { SCREENS, WORDS_OF } from "./screens";

const loaded = signal<ReadonlyMap<string, ComponentType>>(new Map());

/** Fetch a screen, so that it can be shown at once. */
export async function fetchScreen(name: keyof typeof SCREENS): Promise<void> {
  if (loaded.value.has(name)) return;
  const [{ default: found }] = await Promise.all([SCREENS[name](), need(...WORDS_OF[name])]);
  loaded.value = new Map(loaded.value).set(name, found);
}

const failed = signal(false);

/** The page behind its lock, where there is one. */
export function App() {
  return <Gate><Present /></Gate>;
}

function Present() {
  const name = place.value.screen;
  const Found = loaded.value.get(name);
  if (Found) return <Found key={name} />;
  if (failed.value) return <Screen title={t("failed")} back="/"><Offline /><Again name={name} /></Screen>;
  fetchScreen(name).catch(() => (failed.value = true));
  return <main><Loading /></main>;
}

/** The screen's file did not come, and is asked for again when the person wants or the network is back. */
function Again({ name }: { name: keyof typeof SCREENS }) {
  const again = (): void => void fetchScreen(name).then(() => (failed.value = false), () => undefined);
  useEffect(() => {
    window.addEventListener("online", again);
    return () => window.removeEventListener("online", again);
  }, [name]);
  return <button type="button" class="first" onClick={again}>{t("again")}</button>;
}
