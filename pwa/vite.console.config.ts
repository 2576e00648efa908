import { defineConfig } from "vite";

// The console: a bundle of its own beside the resident's page, of which it shares the tokens and nothing that it does not use.
export default defineConfig({
  base: "/app/console/",
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "dist/client/console",
    manifest: true,
    modulePreload: false,
    assetsInlineLimit: 0,
    // The map's drawing is large, and comes after the list that says the same.
    chunkSizeWarningLimit: 1200,
    rolldownOptions: { input: "src/console/main.tsx" },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
