/** What a listing says in codes, in words. */

import { useEffect } from "preact/hooks";

import { need } from "../../shared/i18n";
import { inWords, type Says as Said, type When } from "./wish";

/** One line; nothing where it says nothing. */
export function Says({ says, when }: { says?: Said | undefined; when?: When | null | undefined }) {
  useEffect(() => void need("wish").catch(() => undefined), []);
  const words = inWords(says, when);
  return words.length > 0 ? <p>{words.join(" · ")}</p> : null;
}
