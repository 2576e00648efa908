/** The whole page: the screen of the present address. */

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";

import { Loading } from "../shared/frame";
import { need } from "../shared/i18n";
import { place } from "../shared/router";
import { SCREENS, WORDS_OF } from "./screens";

const loaded = signal<ReadonlyMap<string, ComponentType>>(new Map());

/** Fetch a screen, so that it can be shown at once. */
export async function fetchScreen(name: keyof typeof SCREENS): Promise<void> {
  if (loaded.value.has(name)) return;
  const [{ default: found }] = await Promise.all([SCREENS[name](), need(...WORDS_OF[name])]);
  loaded.value = new Map(loaded.value).set(name, found);
}

export function App() {
  const name = place.value.screen;
  const Found = loaded.value.get(name);
  if (Found) return <Found key={name} />;
  void fetchScreen(name);
  return <main><Loading /></main>;
}
