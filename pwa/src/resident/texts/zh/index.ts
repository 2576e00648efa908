/** 简体中文：短句、平实、体贴。 */

import type { Dictionary } from "../en";
import { aid } from "./aid";
import { common } from "./common";
import { home } from "./home";
import { more } from "./more";
import { near } from "./near";
import { report } from "./report";
import { reports } from "./reports";
import { safety } from "./safety";
import { sos } from "./sos";

export const zh: Dictionary = { ...common, ...home, ...report, ...reports, ...aid, ...near, ...sos, ...safety, ...more };
