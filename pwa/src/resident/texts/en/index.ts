/** English, for ages 9 to 11: short, plain, kind. */

import { aid } from "./aid";
import { alarm } from "./alarm";
import { common } from "./common";
import { home } from "./home";
import { more } from "./more";
import { near } from "./near";
import { report } from "./report";
import { reports } from "./reports";
import { rights } from "./rights";
import { safety } from "./safety";
import { sos } from "./sos";
import { thread } from "./thread";
import { wish } from "./wish";

export const en = { ...common, ...home, ...report, ...reports, ...thread, ...rights, ...aid, ...near, ...wish, ...sos, ...alarm, ...safety, ...more } as const;
export type TextKey = keyof typeof en;
export type Dictionary = Readonly<Record<TextKey, string>>;
