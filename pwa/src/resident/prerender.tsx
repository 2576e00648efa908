/** At build time: each key screen as HTML in each language, so that the first words are there before any script. */

import { renderToString } from "preact-render-to-string";

import snapshot from "../generated/config.json";
import { type Config, config } from "../shared/config";
import { AREA_OF, type Language, need, speak } from "../shared/i18n";
import { place, placeOf, type Screen } from "../shared/router";
import { App, fetchScreen } from "./app";

export { WORDS_OF } from "./screens";

/** The HTML of a screen in a language. */
export async function render(address: string, code: Language): Promise<string> {
  config.value = snapshot as unknown as Config;
  await need(...new Set(Object.values(AREA_OF)));
  await speak(code);
  place.value = placeOf(address);
  await fetchScreen(place.value.screen as Screen);
  return renderToString(<App />);
}

/** What stands in the head of a page, before any of its words are loaded. */
export const TITLES = {
  en: "Linli",
  zh: "邻里",
  "en.about": "Tell your neighbourhood what is wrong, ask for help, offer it, and see what happens.",
  "zh.about": "报告身边的问题，求助或帮忙，并查看进展。",
  "en.plain": "This page works better with scripts. Without them you can use the plain form.",
  "zh.plain": "启用脚本后体验更好；也可以使用简易表单。",
};
