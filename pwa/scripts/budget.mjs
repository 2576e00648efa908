/** The byte budget of the phone page (ux.md, Numbers): what the first load of each key screen costs, compressed. */

import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url).pathname;
const FIRST_MOST = 45_000;
const SCRIPTS_MOST = 25_000;
const ROUTE_MOST = 10_000;

if (!existsSync(join(DIST, "client/.vite/manifest.json"))) {
  console.error("dist/ is not there: build the page first (npm run build)");
  process.exit(1);
}
const manifest = JSON.parse(await readFile(join(DIST, "client/.vite/manifest.json"), "utf8"));
const size = async (path) => gzipSync(await readFile(join(DIST, path)), { level: 9 }).length;

/** A file and all that it imports at once. */
function closure(key, found = new Set()) {
  const file = manifest[key];
  if (!file || found.has(file.file)) return found;
  found.add(file.file);
  for (const other of [...(file.css ?? []), ...(file.assets ?? [])]) found.add(other);
  for (const inner of file.imports ?? []) closure(inner, found);
  return found;
}

let failed = false;
const say = (name, bytes, most) => {
  const over = bytes > most;
  failed ||= over;
  console.log(`${over ? "OVER" : "ok  "} ${name.padEnd(34)} ${String(bytes).padStart(7)} of ${most}`);
};

const entry = closure("src/resident/main.tsx");
for (const language of ["en", "zh"]) {
  for (const screen of ["home", "report", "reports", "sos", "aid"]) {
    const words = ["common", screen].map((area) => `src/resident/texts/${language}/${area}.ts`);
    const files = new Set([...entry, ...words.flatMap((key) => [...closure(key)]), ...closure(`src/resident/screens/${screen}.tsx`)]);
    const sizes = await Promise.all([...files].map(async (file) => [file, await size(`client/${file}`)]));
    const scripts = sizes.filter(([file]) => file.endsWith(".js")).reduce((sum, [, bytes]) => sum + bytes, 0);
    const all = sizes.reduce((sum, [, bytes]) => sum + bytes, 0) + (await size(`pages/${screen}.${language}.html`));
    say(`${screen} (${language}), scripts`, scripts, SCRIPTS_MOST);
    say(`${screen} (${language}), first load`, all, FIRST_MOST);
  }
}
for (const { file } of Object.values(manifest)) {
  if (file.endsWith(".js") && !entry.has(file)) say(file.slice(7), await size(`client/${file}`), ROUTE_MOST);
}
process.exit(failed ? 1 : 0);
