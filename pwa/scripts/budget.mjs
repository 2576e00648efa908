/** The byte budget, compressed: the first load of each screen of the phone page and of the console, and what later ones add. */

import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { ADDRESSES, SOON, reached } from "./parts.mjs";

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

// The console: any of its screens with its first words, all told; what a map needs comes later and has its own bound.
const CONSOLE_MOST = 120_000;
const CONSOLE = "client/console";
const theirs = JSON.parse(await readFile(join(DIST, CONSOLE, ".vite/manifest.json"), "utf8"));
for (const key of Object.keys(theirs)) {
  const name = /^src\/console\/screens\/([a-z-]+)\.tsx$/.exec(key)?.[1];
  if (!name) continue;
  const words = ["common", name].map((area) => `src/console/texts/en/${area}.ts`);
  const files = reached(theirs, ["src/console/main.tsx", key, ...words]);
  const styles = Object.values(theirs).filter((one) => files.includes(one.file)).flatMap((one) => one.css ?? []);
  const sizes = await Promise.all([...new Set([...files, ...styles])].map((file) => size(join(CONSOLE, file))));
  const page = existsSync(join(DIST, `pages/console/${ADDRESSES[name] ?? name}.en.html`)) ? ADDRESSES[name] ?? name : "any";
  say(`console ${name}, first load`, sizes.reduce((all, bytes) => all + bytes, await size(`pages/console/${page}.en.html`)), CONSOLE_MOST);
}
process.exit(failed ? 1 : 0);
