/** English, for ages 9 to 11: short, plain, kind. */

import { aid } from "./aid";
import { common } from "./common";
import { home } from "./home";
import { more } from "./more";
import { near } from "./near";
import { report } from "./report";
import { reports } from "./reports";
import { safety } from "./safety";
import { sos } from "./sos";

export const en = { ...common, ...home, ...report, ...reports, ...aid, ...near, ...sos, ...safety, ...more } as const;
export type TextKey = keyof typeof en;
export type Dictionary = Readonly<Record<TextKey, string>>;
