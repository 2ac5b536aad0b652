/** What stands beside the pointer: a heading and lines. Text from outside never becomes markup: it is built of nodes. */

export interface HoverLine {
  /** Of the mark before it; none where it has no mark. */
  color?: string;
  text: string;
  value?: string;
}

const MOST_CHARACTERS = 120;
const MOST_LINES = 14;

export function hoverBox(heading: string, lines: readonly HoverLine[]): HTMLElement {
  const box = document.createElement("div");
  const head = document.createElement("div");
  head.textContent = heading;
  head.style.fontWeight = "600";
  box.append(head);
  for (const line of lines.slice(0, MOST_LINES)) box.append(hoverLine(line));
  if (lines.length > MOST_LINES) {
    const more = document.createElement("div");
    more.textContent = `and ${lines.length - MOST_LINES} more`;
    box.append(more);
  }
  return box;
}

function hoverLine({ color, text, value }: HoverLine): HTMLElement {
  const row = document.createElement("div");
  row.style.cssText = "display:flex;align-items:center;gap:8px;line-height:20px";
  if (color !== undefined) {
    const mark = document.createElement("span");
    mark.style.cssText = "flex:none;width:8px;height:8px;border-radius:2px";
    mark.style.background = color;
    row.append(mark);
  }
  const words = document.createElement("span");
  words.textContent = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
  row.append(words);
  if (value !== undefined) {
    const figure = document.createElement("span");
    figure.textContent = value;
    figure.style.cssText =
      "margin-left:auto;padding-left:16px;font-variant-numeric:tabular-nums;font-weight:550";
    row.append(figure);
  }
  return row;
}
