/** Every area of words: one line here, one file in `en/` and one in `zh/`. Its keys begin with its name; those of common need not. */

import type aid from "./en/aid";
import type audit from "./en/audit";
import type common from "./en/common";
import type incident from "./en/incident";
import type glass from "./en/glass";
import type health from "./en/health";
import type measures from "./en/measures";
import type areas from "./en/areas";
import type ladder from "./en/ladder";
import type map from "./en/map";
import type organisations from "./en/organisations";
import type people from "./en/people";
import type queue from "./en/queue";
import type rosters from "./en/rosters";
import type rules from "./en/rules";
import type security from "./en/security";

export interface Areas {
  aid: typeof aid;
  audit: typeof audit;
  common: typeof common;
  incident: typeof incident;
  glass: typeof glass;
  health: typeof health;
  measures: typeof measures;
  areas: typeof areas;
  ladder: typeof ladder;
  map: typeof map;
  organisations: typeof organisations;
  people: typeof people;
  queue: typeof queue;
  rosters: typeof rosters;
  rules: typeof rules;
  security: typeof security;
}

export type TextKey = { [A in keyof Areas]: keyof Areas[A] & string }[keyof Areas];
