/** A small real SMTP server (RFC 5321 with STARTTLS and AUTH PLAIN) that answers as a test says and keeps the mails. */

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { createSecureContext, createServer as createTlsServer, TLSSocket } from "node:tls";

export interface SmtpSession {
  commands: string[];
  secured: boolean;
  user: string | null;
  from: string;
  to: string[];
  data: string;
}

export interface SmtpReceiver {
  port: number;
  /** One for each mail that was taken. */
  mails: SmtpSession[];
  /** One for each connection. */
  sessions: SmtpSession[];
  /** Instead of the usual answer to a command (`EHLO`, `MAIL`, `.` for the end of the data, …); null hangs. */
  answers: Map<string, string | null>;
  close(): Promise<void>;
}

export interface SmtpOptions {
  tls?: { key: Buffer; cert: Buffer };
  /** TLS from the first byte. */
  implicit?: boolean;
}

export async function startSmtpReceiver({ tls, implicit = false }: SmtpOptions = {}): Promise<SmtpReceiver> {
  const sockets = new Set<Socket>();
  const receiver = {
    mails: [] as SmtpSession[],
    sessions: [] as SmtpSession[],
    answers: new Map<string, string | null>(),
  };

  const serve = (socket: Socket): void => {
    sockets.add(socket);
    const session: SmtpSession = { commands: [], secured: implicit, user: null, from: "", to: [], data: "" };
    receiver.sessions.push(session);
    talk(socket, session, true);
  };

  function talk(socket: Socket, session: SmtpSession, greets: boolean): void {
    let rest = "";
    let inData = false;
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    const say = (text: string): void => {
      if (socket.writable) socket.write(`${text}\r\n`);
    };
    const answer = (verb: string, usual: string): boolean => {
      const given = receiver.answers.get(verb);
      if (given !== null) say(given ?? usual);
      return given === undefined;
    };
    socket.on("data", onData);
    if (greets) answer("greeting", "220 mail.example.com ESMTP");

    function onData(chunk: string): void {
      rest += chunk;
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (inData) takeData(line);
        else takeCommand(line);
      }
    }

    function takeData(line: string): void {
      if (line !== ".") {
        session.data += `${line.startsWith("..") ? line.slice(1) : line}\n`;
        return;
      }
      inData = false;
      if (answer(".", "250 taken")) receiver.mails.push(structuredClone(session));
    }

    const commands: Readonly<Record<string, (line: string) => void>> = {
      EHLO: () => {
        const offers = [...(tls && !session.secured ? ["250-STARTTLS"] : []), "250-AUTH PLAIN"];
        answer("EHLO", ["250-mail.example.com", ...offers, "250 8BITMIME"].join("\r\n"));
      },
      HELO: () => answer("HELO", "250 mail.example.com"),
      STARTTLS: () => {
        if (tls === undefined) say("502 not here");
        else if (answer("STARTTLS", "220 go ahead")) secure(tls);
      },
      AUTH: (line) => {
        const [, user] = Buffer.from(line.split(" ")[2] ?? "", "base64")
          .toString()
          .split("\u0000");
        session.user = user ?? null;
        answer("AUTH", "235 welcome");
      },
      MAIL: (line) => {
        session.from = addressIn(line);
        answer("MAIL", "250 ok");
      },
      RCPT: (line) => {
        if (answer(receiver.answers.has(line) ? line : "RCPT", "250 ok")) session.to.push(addressIn(line));
      },
      DATA: () => {
        inData = answer("DATA", "354 go on");
      },
      QUIT: () => {
        say("221 bye");
        socket.end();
      },
    };

    function takeCommand(line: string): void {
      session.commands.push(line);
      const command = commands[line.split(/[ :]/, 1)[0]?.toUpperCase() ?? ""];
      if (command === undefined) say("500 unknown");
      else command(line);
    }

    function secure(context: { key: Buffer; cert: Buffer }): void {
      socket.removeListener("data", onData);
      session.secured = true;
      const secureContext = createSecureContext(context);
      talk(new TLSSocket(socket, { isServer: true, secureContext }), session, false);
    }
  }

  const server = implicit && tls !== undefined ? createTlsServer(tls, serve) : createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(receiver, {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function addressIn(line: string): string {
  return /<(.*?)>/.exec(line)?.[1] ?? "";
}
