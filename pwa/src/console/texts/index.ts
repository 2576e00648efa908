/** Every area of words: one line here, one file in `en/` and one in `zh/`. Its keys begin with its name; those of common need not. */

import type areas from "./en/areas";
import type common from "./en/common";
import type ladder from "./en/ladder";
import type map from "./en/map";
import type organisations from "./en/organisations";
import type people from "./en/people";
import type queue from "./en/queue";
import type rosters from "./en/rosters";

export interface Areas {
  areas: typeof areas;
  common: typeof common;
  ladder: typeof ladder;
  map: typeof map;
  organisations: typeof organisations;
  people: typeof people;
  queue: typeof queue;
  rosters: typeof rosters;
}

export type TextKey = { [A in keyof Areas]: keyof Areas[A] & string }[keyof Areas];
