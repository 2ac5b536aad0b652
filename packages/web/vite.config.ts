/** How the pages are built and developed. `vite` here talks to a server started with `npm start`. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const SERVER = process.env.BATCHWATCH_URL ?? "http://127.0.0.1:4318";

export default defineConfig(({ command }) => {
  // What is built is for users, also where a test runner has set another NODE_ENV: React would be its slow self.
  if (command === "build") process.env.NODE_ENV = "production";
  return {
    plugins: [react(), precompress()],
    server: { host: "127.0.0.1", proxy: { "/api": SERVER, "/ping": SERVER } },
    build: {
      outDir: "dist",
      target: "es2023",
      // Every asset is a file of its own: a strict content security policy allows no `data:` addresses.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      // ECharts alone is larger than the default limit; it is loaded when a chart comes into view.
      chunkSizeWarningLimit: 900,
    },
  };
});

const COMPRESSIBLE = /\.(?:js|css|html)$/;
/** Higher takes seconds more for a few percent less. */
const BROTLI_QUALITY = 9;

/** Writes `.br` and `.gz` beside each text, so that the server sends them as they are. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    async writeBundle({ dir = "dist" }, bundle) {
      for (const [name, file] of Object.entries(bundle)) {
        if (!COMPRESSIBLE.test(name)) continue;
        const content = file.type === "chunk" ? file.code : file.source;
        const params = { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY };
        await writeFile(join(dir, `${name}.br`), brotliCompressSync(content, { params }));
        await writeFile(join(dir, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}
