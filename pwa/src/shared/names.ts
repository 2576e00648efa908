/** What the page calls itself, for whoever may not load the words of the page: the service worker among them. */

import type { Language } from "./i18n";

export const NAMES: Readonly<Record<Language, string>> = { en: "Linli", zh: "邻里" };
/** When it hides, as in its discreet manifests. */
export const NEUTRAL_NAMES: Readonly<Record<Language, string>> = { en: "Notes", zh: "便签" };
