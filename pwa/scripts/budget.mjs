/** The byte budget of the phone page, compressed: the first load of each screen, and what each later one adds. */

import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { SOON } from "./parts.mjs";

const DIST = new URL("../dist/", import.meta.url).pathname;
/** Everything until the screen stands whole: page, scripts, configuration. */
const FIRST_MOST = 45_000;
/** The scripts until it answers. */
const SCRIPTS_MOST = 25_000;
/** Another screen on a page that is there, and any one part that comes when it is wanted. */
const LATER_MOST = 10_000;
const SCREENS = ["home", "report", "reports", "sos", "aid", "sent", "open", "alerts", "safety", "install", "help"];
/** Where people begin: by an address they were given, a shortcut, or the home screen. */
const BEGIN = new Set(["home", "report", "reports", "sos", "aid", "open"]);
const WORDS_OF = { sent: "report", open: "reports", alerts: "more", install: "more", help: "more" };

if (!existsSync(join(DIST, "client/.vite/manifest.json"))) {
  console.error("dist/ is not there: build the page first (npm run build)");
  process.exit(1);
}
const manifest = JSON.parse(await readFile(join(DIST, "client/.vite/manifest.json"), "utf8"));
const size = async (path) => gzipSync(await readFile(join(DIST, path)), { level: 9 }).length;

/** The files of these modules and of all that they import at once. */
function closure(keys, found = new Set()) {
  for (const key of keys) {
    const file = manifest[key];
    if (!file || found.has(file.file)) continue;
    found.add(file.file);
    for (const other of file.assets ?? []) found.add(other);
    closure(file.imports ?? [], found);
  }
  return found;
}

async function sum(files) {
  return (await Promise.all([...files].map((file) => size(`client/${file}`)))).reduce((all, bytes) => all + bytes, 0);
}

let failed = false;
const say = (name, bytes, most) => {
  const over = bytes > most;
  failed ||= over;
  console.log(`${over ? "OVER" : "ok  "} ${name.padEnd(34)} ${String(bytes).padStart(7)} of ${most}`);
};

const isScript = (file) => file.endsWith(".js");
for (const language of ["en", "zh"]) {
  const words = (area) => `src/resident/texts/${language}/${area}.ts`;
  const entry = closure(["src/resident/main.tsx", words("common")]);
  for (const screen of SCREENS) {
    const own = [words(WORDS_OF[screen] ?? screen), `src/resident/screens/${screen}.tsx`];
    const needed = closure(own, new Set(entry));
    const whole = SOON[screen] ? closure([SOON[screen]], new Set(needed)) : needed;
    if (BEGIN.has(screen)) say(`${screen} (${language}), scripts`, await sum([...needed].filter(isScript)), SCRIPTS_MOST);
    say(`${screen} (${language}), first load`, (await sum(whole)) + (await size(`pages/${screen}.${language}.html`)), FIRST_MOST);
    say(`${screen} (${language}), later`, await sum([...needed].filter((file) => !entry.has(file))), LATER_MOST);
  }
}
const first = closure(["src/resident/main.tsx"]);
for (const { file } of Object.values(manifest)) {
  if (isScript(file) && !first.has(file)) say(file.slice(7), await size(`client/${file}`), LATER_MOST);
}
process.exit(failed ? 1 : 0);
