/** 简体中文：短句、平实、体贴。 */

import type { Dictionary } from "../en";
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

export const zh: Dictionary = { ...common, ...home, ...report, ...reports, ...thread, ...rights, ...aid, ...near, ...wish, ...sos, ...alarm, ...safety, ...more };
