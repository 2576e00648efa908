/** The console's build: hashed files under client/console/, and a page for each screen whose head names what it needs. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { build } from "vite";

import { ADDRESSES, reached } from "./parts.mjs";

const LANGUAGES = ["en", "zh"];
const ENTRY = "src/console/main.tsx";
const SAID = {
  en: { title: "Linli console", about: "Incidents, who answers for them, and by when.", plain: "This page needs JavaScript. Go on with the plain list." },
  zh: { title: "邻里控制台", about: "事件、负责方与时限。", plain: "此页面需要 JavaScript。请使用简易列表。" },
};

/** Build the console into `made`. */
export async function buildConsole(root, made) {
  const out = join(made, "client/console");
  await build({ root, logLevel: "warn", configFile: join(root, "vite.console.config.ts"), build: { outDir: out, emptyOutDir: true } });
  const files = JSON.parse(await readFile(join(out, ".vite/manifest.json"), "utf8"));
  const screens = Object.keys(files).flatMap((key) => /^src\/console\/screens\/([a-z-]+)\.tsx$/.exec(key)?.[1] ?? []);
  await mkdir(join(made, "pages/console"), { recursive: true });
  for (const language of LANGUAGES) {
    for (const screen of ["any", ...screens]) {
      await writeFile(join(made, "pages/console", `${ADDRESSES[screen] ?? screen}.${language}.html`), page(files, screen, language));
    }
  }
}

function page(files, screen, language) {
  const words = ["common", screen].map((area) => `src/console/texts/${language}/${area}.ts`);
  const needed = reached(files, [ENTRY, ...words, `src/console/screens/${screen}.tsx`]);
  const styles = [...new Set(Object.values(files).filter((one) => needed.includes(one.file)).flatMap((one) => one.css ?? []))];
  const said = SAID[language];
  return `<!doctype html>
<html lang="${language === "zh" ? "zh-Hans" : "en"}">
<head>
<meta charset="utf-8">
<title>${said.title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="description" content="${said.about}">
<meta name="robots" content="noindex">
<meta name="theme-color" content="#12615b">
<link rel="icon" href="/app/icon.svg" type="image/svg+xml">
${styles.map((file) => `<link rel="stylesheet" href="/app/console/${file}">`).join("\n")}
${needed.filter((file) => file !== files[ENTRY].file).map((file) => `<link rel="modulepreload" href="/app/console/${file}" nonce="%NONCE%">`).join("\n")}
<script type="module" src="/app/console/${files[ENTRY].file}" nonce="%NONCE%"></script>
</head>
<body>
<div id="app"></div>
<noscript><p class="note"><a href="/console/plain">${said.plain}</a></p></noscript>
</body>
</html>
`;
}
