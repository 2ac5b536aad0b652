// Every relative link in the repository's Markdown leads to a file that is there, and to a heading that is there.
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const IGNORED = /(^|\/)(node_modules|dist|coverage|test-results|data|\.git)(\/|$)/;
const LINK = /!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+["'(][^)]*)?\)|^\s*\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/gm;

const files = globSync("**/*.md", { cwd: ROOT, exclude: (path) => IGNORED.test(path) });
const problems = files.flatMap((file) => brokenLinks(join(ROOT, file)));

for (const problem of problems) console.error(problem);
console.log(`${files.length} Markdown files, ${problems.length} broken links`);
if (problems.length > 0) process.exitCode = 1;

function brokenLinks(file: string): string[] {
  const text = withoutCode(readFileSync(file, "utf8"));
  const found: string[] = [];
  for (const match of text.matchAll(LINK)) {
    const link = match[1] ?? match[2] ?? "";
    const reason = whyBroken(file, link);
    if (!reason) continue;
    const line = text.slice(0, match.index).split("\n").length;
    found.push(`${relative(ROOT, file)}:${line}: ${link}: ${reason}`);
  }
  return found;
}

function whyBroken(file: string, link: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(link) || link.startsWith("//")) return undefined;
  const [path = "", anchor] = decodeURI(link).split("#", 2);
  const target =
    path === "" ? file : resolve(path.startsWith("/") ? ROOT : dirname(file), path.replace(/^\//, ""));
  if (!existsSync(target)) return "no such file";
  if (!anchor || !target.endsWith(".md") || statSync(target).isDirectory()) return undefined;
  return anchorsOf(target).has(anchor.toLowerCase()) ? undefined : `no heading #${anchor}`;
}

/** The anchors that GitHub makes of a file's headings: lower case, punctuation dropped, spaces to hyphens, repeats numbered. */
function anchorsOf(file: string): Set<string> {
  const source = readFileSync(file, "utf8");
  const anchors = new Set<string>();
  for (const match of withoutFences(source).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = (match[1] ?? "")
      .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
      .replaceAll(" ", "-");
    let unique = slug;
    for (let count = 1; anchors.has(unique); count++) unique = `${slug}-${count}`;
    anchors.add(unique);
  }
  for (const match of source.matchAll(/<a\s+(?:id|name)="([^"]+)"/g))
    anchors.add((match[1] ?? "").toLowerCase());
  return anchors;
}

/** Blanks code out, keeping the line count, so that an example of a link is no link. */
function withoutCode(text: string): string {
  return withoutFences(text).replace(/(`+)[^`\n][^\n]*?\1/g, "");
}

function withoutFences(text: string): string {
  return text.replace(/^( *)(`{3,}|~{3,})[^\n]*\n[\s\S]*?^\1?\s*\2[^\n]*$/gm, (block) =>
    block.replace(/[^\n]/g, ""),
  );
}
