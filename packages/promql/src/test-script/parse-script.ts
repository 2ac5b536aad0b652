/**
 * The text of a test script as a list of commands, each with its line. A command that is wrong is a command of its own,
 * so that the rest of the file can still be run. The language is that of Prometheus's promqltest.
 */
import { parseEval } from "./parse-eval.ts";
import { parseLoad } from "./parse-load.ts";
import { LineError, type ScriptCommand, type ScriptLine } from "./script-commands.ts";

/** Never throws: what is wrong in the text is a `broken` command. */
export function parseScript(text: string): ScriptCommand[] {
  const lines = text.split("\n").map((line, index) => ({ text: withoutComment(line), line: index + 1 }));
  const commands: ScriptCommand[] = [];
  let index = 0;
  while (index < lines.length) {
    const head = lines[index];
    if (head === undefined || head.text === "") {
      index++;
      continue;
    }
    const body = blockAfter(lines, index);
    const { command, taken } = parseCommand(head, body);
    commands.push(command);
    index += 1 + taken;
  }
  return commands;
}

function parseCommand(
  head: ScriptLine,
  body: readonly ScriptLine[],
): { command: ScriptCommand; taken: number } {
  const word = (head.text.split(/[ \t]/, 1)[0] ?? "").toLowerCase();
  try {
    if (word === "clear") return { command: { kind: "clear", line: head.line }, taken: 0 };
    if (word.startsWith("load")) return { command: parseLoad(head, body), taken: body.length };
    if (word.startsWith("eval")) return parseEval(head, body);
    throw new SyntaxError(`invalid command "${head.text}": load, eval or clear`);
  } catch (error) {
    const line = error instanceof LineError ? error.line : head.line;
    const message = error instanceof Error ? error.message : String(error);
    const isBlock = word.startsWith("load") || word.startsWith("eval");
    return {
      command: { kind: "broken", line, text: head.text, message },
      taken: isBlock ? body.length : 0,
    };
  }
}

function withoutComment(line: string): string {
  const trimmed = line.trim();
  return trimmed.startsWith("#") ? "" : trimmed;
}

function blockAfter(lines: readonly ScriptLine[], head: number): ScriptLine[] {
  const end = lines.findIndex(({ text }, index) => index > head && text === "");
  return lines.slice(head + 1, end < 0 ? lines.length : end);
}
