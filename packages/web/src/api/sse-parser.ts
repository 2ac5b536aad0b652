/** Server-sent events out of text as it arrives, by the HTML standard's rules ("Parsing an event stream"). */

export interface ServerSentEvent {
  event: string;
  data: string;
}

/** A parser that keeps what is not yet whole. Feed it each piece of text; it returns the events that are complete. */
export function createSseParser(): (chunk: string) => ServerSentEvent[] {
  let rest = "";
  let event = "";
  let data: string[] = [];

  function takeLine(line: string, found: ServerSentEvent[]): void {
    if (line === "") {
      if (data.length > 0) found.push({ event: event || "message", data: data.join("\n") });
      event = "";
      data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
  }

  return (chunk) => {
    const found: ServerSentEvent[] = [];
    rest += chunk;
    // A carriage return at the very end may be the first half of CR LF.
    const held = rest.endsWith("\r") ? "\r" : "";
    const lines = (held ? rest.slice(0, -1) : rest).split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? "") + held;
    for (const line of lines) takeLine(line, found);
    return found;
  };
}
