/** Every area of words: one line here, one file in `en/` and one in `zh/`. Its keys begin with its name; those of common need not. */

import type audit from "./en/audit";
import type common from "./en/common";
import type incident from "./en/incident";
import type glass from "./en/glass";
import type health from "./en/health";
import type measures from "./en/measures";
import type map from "./en/map";
import type queue from "./en/queue";

export interface Areas {
  audit: typeof audit;
  common: typeof common;
  incident: typeof incident;
  glass: typeof glass;
  health: typeof health;
  measures: typeof measures;
  map: typeof map;
  queue: typeof queue;
}

export type TextKey = { [A in keyof Areas]: keyof Areas[A] & string }[keyof Areas];
