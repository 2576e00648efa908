/**
 * Build the pages into dist/: hashed files under client/, prerendered screens under pages/, the service worker, the
 * console (console.mjs), and everything again as .gz and .br. The files of the release before are kept beside the new ones, because a page that
 * is still open names them.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

import { build } from "vite";

import { buildConsole } from "./console.mjs";
import { SOON, reached } from "./parts.mjs";

const ROOT = new URL("..", import.meta.url).pathname;
const DIST = join(ROOT, "dist");
const MADE = join(ROOT, "dist.new");
const PYTHON = process.env.PYTHON ?? join(ROOT, "../.venv/bin/python");
const LANGUAGES = ["en", "zh"];
const SCREENS = ["", "report", "reports", "aid", "sos", "sent", "open", "alerts", "safety", "install", "help"];

await generate();
await rm(MADE, { recursive: true, force: true });
await build({ root: ROOT, logLevel: "warn", build: { outDir: join(MADE, "client"), emptyOutDir: true } });
const manifest = JSON.parse(await readFile(join(MADE, "client/.vite/manifest.json"), "utf8"));
await prerender(manifest);
await buildConsole(ROOT, MADE);
await keepFormer();
await worker(manifest);
await compress(MADE);
await rm(DIST, { recursive: true, force: true });
await rename(MADE, DIST);

/** The contract and the configuration, made from the server's code. */
async function generate() {
  const folder = join(ROOT, "src/generated");
  if (existsSync(PYTHON)) execFileSync(PYTHON, ["-m", "backend.documents.phone", folder], { cwd: join(ROOT, ".."), stdio: "inherit" });
  execFileSync(join(ROOT, "node_modules/.bin/openapi-typescript"), [join(folder, "openapi.json"), "-o", join(folder, "contract.ts")], { stdio: "ignore" });
}

/** Each screen in each language, with the files that it needs named in its head; the server fills in the nonce. */
async function prerender(files) {
  const out = join(MADE, "ssr");
  await build({
    root: ROOT, logLevel: "warn",
    build: { ssr: "src/resident/prerender.tsx", outDir: out, emptyOutDir: true, manifest: false },
  });
  const { render, TITLES, WORDS_OF } = await import(pathToFileURL(join(out, "prerender.js")).href);
  const entry = files["src/resident/main.tsx"];
  const chunks = reached(files, ["src/resident/main.tsx"]);
  const [configuration] = Object.values(files).filter((file) => chunks.includes(file.file)).flatMap((file) => file.assets ?? []);
  // In the page itself: the first paint waits for nothing else.
  const style = await readFile(join(MADE, "client", files["style.css"].file), "utf8");
  await mkdir(join(MADE, "pages"), { recursive: true });
  for (const language of LANGUAGES) {
    for (const screen of SCREENS) {
      const body = await render(`/${screen}`, language);
      const key = `src/resident/screens/${screen || "home"}.tsx`;
      const areas = ["common", ...WORDS_OF[screen || "home"]].map((area) => `src/resident/texts/${language}/${area}.ts`);
      // All of it in one turn: a file that names another, or the configuration, would cost a slow network a turn more.
      const needed = reached(files, [...areas, "src/resident/main.tsx", key]);
      const soon = SOON[screen] ? reached(files, [SOON[screen]]).filter((file) => !needed.includes(file)) : [];
      const preload = [
        ...needed.filter((file) => file !== entry.file).map((file) => `<link rel="modulepreload" href="/app/${file}" nonce="%NONCE%">`),
        `<link rel="preload" as="fetch" crossorigin href="/app/${configuration}">`,
        ...soon.map((file) => `<link rel="modulepreload" fetchpriority="low" href="/app/${file}" nonce="%NONCE%">`),
      ];
      const html = `<!doctype html>
<html lang="${language === "zh" ? "zh-Hans" : "en"}">
<head>
<meta charset="utf-8">
<title>${TITLES[language]}</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="description" content="${TITLES[`${language}.about`]}">
<meta name="theme-color" content="#12615b">
<link rel="manifest" href="/app/${language}.webmanifest">
<link rel="icon" href="/app/icon.svg" type="image/svg+xml">
<link rel="apple-touch-icon" href="/app/icon-192.png">
<style nonce="%NONCE%">${style.trim()}</style>
${preload.join("\n")}
<script type="module" src="/app/${entry.file}" nonce="%NONCE%"></script>
</head>
<body>
<div id="app">${body}</div>
<noscript><p class="note"><a href="/form">${TITLES[`${language}.plain`]}</a></p></noscript>
</body>
</html>
`;
      await writeFile(join(MADE, "pages", `${screen || "home"}.${language}.html`), html);
    }
  }
  await rm(out, { recursive: true });
}

/** The hashed files of the release before this one; those of the one before that are let go. */
async function keepFormer() {
  const known = existsSync(join(DIST, "release.json")) ? JSON.parse(await readFile(join(DIST, "release.json"), "utf8")) : [];
  const mine = [];
  for (const folder of ["assets", "console/assets"]) {
    for (const name of await readdir(join(MADE, "client", folder))) mine.push(`${folder}/${name}`);
  }
  for (const name of known) {
    if (!mine.includes(name) && existsSync(join(DIST, "client", name))) await cp(join(DIST, "client", name), join(MADE, "client", name));
  }
  await writeFile(join(MADE, "release.json"), JSON.stringify(mine.filter((name) => !/\.(br|gz)$/.test(name))));
}

/** The service worker, with the list of what it keeps from the start. */
async function worker(files) {
  const assets = Object.values(files).flatMap((file) => [file.file, ...(file.assets ?? [])]).filter((file) => !file.endsWith(".css"));
  const pages = SCREENS.map((screen) => `/${screen}`);
  const kept = [...new Set([...assets.map((file) => `/app/${file}`), ...pages, "/neutral", "/app/icon.svg", "/app/icon-192.png", "/app/discreet-192.png",
    ...LANGUAGES.flatMap((language) => [`/app/${language}.webmanifest`, `/app/discreet-${language}.webmanifest`])])];
  const version = createHash("sha256").update(JSON.stringify(kept)).digest("hex").slice(0, 12);
  await build({
    root: ROOT, logLevel: "warn", configFile: false,
    define: { __PRECACHE__: JSON.stringify(kept), __VERSION__: JSON.stringify(`${Date.now().toString(36)}-${version}`) },
    build: {
      target: "es2022", outDir: join(MADE, "client"), emptyOutDir: false, copyPublicDir: false,
      lib: { entry: join(ROOT, "src/sw/sw.ts"), formats: ["iife"], name: "worker", fileName: () => "sw.js" },
    },
  });
}

async function compress(folder) {
  for (const found of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(found.parentPath ?? found.path, found.name);
    if (!found.isFile() || !/\.(js|css|svg|json|webmanifest)$/.test(found.name)) continue;
    const raw = await readFile(path);
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
    await writeFile(`${path}.br`, await promisify(brotliCompress)(raw, quality));
    await writeFile(`${path}.gz`, await promisify(gzip)(raw, { level: 9 }));
  }
}
