import { defineConfig } from "vite";

// The resident's page. Names carry a hash of their content, so that browsers may keep them for ever.
export default defineConfig({
  plugins: [
    {
      // Nothing is left for it to do: no styles of parts, and what a screen needs stands in the page's head.
      name: "plain-imports",
      enforce: "pre",
      load: (id) => (id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : undefined),
    },
  ],
  base: "/app/",
  build: {
    target: "es2022",
    outDir: "dist/client",
    manifest: true,
    modulePreload: false,
    // One style for all screens: it stands in every page, and no script has to fetch styles.
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: "src/resident/main.tsx",
      // What every screen begins with lies in one file: in several small ones it packs worse.
      output: { codeSplitting: { groups: [{ name: "core", test: /src\/(shared\/(clock|config|db|vault)|outbox\/(envelope|outbox))\.ts$/ }] } },
    },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
