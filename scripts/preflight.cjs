// Loaded ahead of every npm script (`node --require`), on whatever Node that found first: so plain CommonJS.
// Ends with a sentence that says what to do, where an old Node would die on a `.ts` file with a stack trace.
"use strict";

const MINIMUM_MAJOR = 26;

if (Number(process.versions.node.split(".")[0]) < MINIMUM_MAJOR) {
  console.error(
    `Batchwatch needs Node.js >= ${MINIMUM_MAJOR}, and this is ${process.versions.node} (${process.execPath}).\n` +
      `Run \`npm ci\` at the top of the repository, which installs a pinned Node.js, and start through npm ` +
      `(\`npm test\`, \`npm start\`) or npx; or install Node.js ${MINIMUM_MAJOR} yourself.`,
  );
  process.exit(1);
}
