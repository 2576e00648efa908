import { defineConfig } from "vite";

// The resident's page. Names carry a hash of their content, so that browsers may keep them for ever.
export default defineConfig({
  base: "/app/",
  build: {
    target: "es2022",
    outDir: "dist/client",
    manifest: true,
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: { input: "src/resident/main.tsx" },
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
});
