/** How the pages are built and developed. `vite` here talks to a server started with `npm start`. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const SERVER = process.env.BATCHWATCH_URL ?? "http://127.0.0.1:4318";

export default defineConfig(({ command }) => {
  // What is built is for users, also where a test runner has set another NODE_ENV: React would be its slow self.
  if (command === "build") process.env.NODE_ENV = "production";
  return {
    plugins: [react()],
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
