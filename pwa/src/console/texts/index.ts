/** Every area of words: one line here, one file in `en/` and one in `zh/`. Its keys begin with its name; those of common need not. */

import type common from "./en/common";
import type map from "./en/map";
import type queue from "./en/queue";
import type rules from "./en/rules";

export interface Areas {
  common: typeof common;
  map: typeof map;
  queue: typeof queue;
  rules: typeof rules;
}

export type TextKey = { [A in keyof Areas]: keyof Areas[A] & string }[keyof Areas];
