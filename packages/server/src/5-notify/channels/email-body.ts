/** The two bodies of a mail. Everything that others wrote is escaped; styles are inline, as mail programs want it. Pure. */
import { fitText } from "../fit-text.ts";
import type { MessageWords } from "../message-words.ts";

const LINE_LIMIT = 4_000;
const LINES_LIMIT = 50;

export function textMail({ headline, lines, others, details, links }: MessageWords): string {
  const width = Math.max(0, ...details.map(([name]) => name.length));
  return [
    fitText(headline, LINE_LIMIT),
    bounded(lines).join("\n"),
    others.length === 0 ? "" : ["Also:", ...bounded(others)].join("\n"),
    details.map(([name, value]) => `${name.padEnd(width)}  ${fitText(value, LINE_LIMIT)}`).join("\n"),
    links.map(({ text, url }) => `${text}: ${url}`).join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n")
    .concat("\n");
}

export function htmlMail({ headline, lines, others, details, links, colour }: MessageWords): string {
  const paragraphs = bounded(lines)
    .map((line) => `<p style="margin:0 0 8px">${html(line).replaceAll("\n", "<br>")}</p>`)
    .join("\n");
  const also =
    others.length === 0
      ? ""
      : `<p style="margin:12px 0 4px">Also:</p>\n<ul style="margin:0">${bounded(others)
          .map((line) => `<li>${html(line)}</li>`)
          .join("")}</ul>\n`;
  const rows = details
    .map(
      ([name, value]) =>
        `<tr><td style="padding:2px 16px 2px 0;color:#666">${html(name)}</td><td style="padding:2px 0">${html(value)}</td></tr>`,
    )
    .join("\n");
  const anchors = links.map(({ text, url }) => `<a href="${html(url)}">${html(text)}</a>`).join(" &middot; ");
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${html(headline)}</title></head>
<body style="margin:0;padding:16px;font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;color:#222">
<div style="border-left:4px solid ${colour};padding:4px 0 4px 12px">
<h1 style="margin:0 0 8px;font-size:18px">${html(headline)}</h1>
${paragraphs}
${also}<table style="margin:12px 0;border-collapse:collapse">
${rows}
</table>
<p style="margin:0">${anchors}</p>
</div>
</body></html>
`;
}

function bounded(lines: readonly string[]): string[] {
  const kept = lines.slice(0, LINES_LIMIT).map((line) => fitText(line, LINE_LIMIT));
  return lines.length <= LINES_LIMIT ? kept : [...kept, `… and ${lines.length - LINES_LIMIT} more`];
}

function html(text: string): string {
  return fitText(
    text,
    LINE_LIMIT,
    (character) =>
      ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[character] ?? character,
  );
}
