/**
 * `batchwatch keys`: makes, lists and revokes API keys in the database itself, so that the first key can be made before
 * any server runs. A running server sees the change.
 */
import {
  type ApiKey,
  KEY_SCOPES,
  type KeyScope,
  type LedgerStore,
} from "@batchwatch/server/storage/ledger-store";
import { type Command, Option } from "commander";
import { CliError } from "../cli-error.ts";
import { instant, NOTHING, printJson, table } from "../show.ts";

interface DataFlags {
  dataDir?: string;
  config?: string;
  json?: boolean;
}

export function registerKeys(program: Command): void {
  const keys = program.command("keys").description("make, list and revoke API keys");
  addDataOptions(
    keys
      .command("create")
      .description("make a key; it is shown once")
      .addOption(
        new Option("--scope <scope>", "what it may do").choices([...KEY_SCOPES]).makeOptionMandatory(),
      )
      .option("--name <name>", "what it is for, as lists show it", "")
      .option("--namespace <name>", "events sent with it belong here, where they say none"),
  ).action(create);
  addDataOptions(
    keys.command("list").description("list keys").option("--all", "the revoked ones as well"),
  ).action(list);
  addDataOptions(
    keys
      .command("revoke")
      .description("make a key useless")
      .argument("<id-or-prefix>", "as `keys list` shows it"),
  ).action(revoke);
  keys.addHelpText(
    "after",
    "\n  batchwatch keys create --scope ingest --name 'etl host' --data-dir /var/lib/batchwatch",
  );
}

function addDataOptions(command: Command): Command {
  return command
    .option("--data-dir <dir>", "the server's data directory (default: ./data)")
    .option("--config <file>", "the server's configuration (default: ./batchwatch.yaml where it exists)")
    .option("--json", "print JSON");
}

async function create(
  flags: DataFlags & { scope: KeyScope; name: string; namespace?: string },
): Promise<void> {
  const { createApiKey } = await import("@batchwatch/server/access/api-keys");
  const { secret, key } = await withStore(flags, (store) =>
    createApiKey(
      store,
      { name: flags.name, scope: flags.scope, namespace: flags.namespace ?? null },
      Date.now(),
    ),
  );
  if (flags.json) {
    printJson({ ...shown(key), key: secret });
    return;
  }
  console.log(secret);
  console.error(
    `This is key ${key.id}, scope ${key.scope}. It is not shown again. Use it as BATCHWATCH_API_KEY, Bearer token or x-api-key.`,
  );
}

async function list(flags: DataFlags & { all?: boolean }): Promise<void> {
  const keys = await withStore(flags, (store) => store.listKeys());
  const wanted = keys.filter((key) => flags.all || key.revokedAt === null);
  if (flags.json) {
    printJson(wanted.map(shown));
    return;
  }
  if (wanted.length === 0) {
    console.log("No keys. Make one: batchwatch keys create --scope admin");
    return;
  }
  console.log(
    table(wanted, [
      { title: "ID", value: (key) => String(key.id), align: "right" },
      { title: "KEY", value: (key) => `${key.prefix}…` },
      { title: "SCOPE", value: (key) => key.scope },
      { title: "NAMESPACE", value: (key) => key.namespace ?? NOTHING },
      { title: "CREATED", value: (key) => instant(iso(key.createdAt)) },
      { title: "LAST USED", value: (key) => instant(iso(key.lastUsedAt)) },
      ...(flags.all ? [{ title: "REVOKED", value: (key: ApiKey) => instant(iso(key.revokedAt)) }] : []),
      { title: "NAME", value: (key) => key.name },
    ]),
  );
}

async function revoke(wanted: string, flags: DataFlags): Promise<void> {
  const key = await withStore(flags, async (store) => {
    const found = (await store.listKeys()).filter(
      (candidate) =>
        String(candidate.id) === wanted || (wanted.length >= 5 && candidate.prefix.startsWith(wanted)),
    );
    const [only] = found;
    if (only === undefined) throw new CliError(`There is no key "${wanted}"; see batchwatch keys list`);
    if (found.length > 1) throw new CliError(`"${wanted}" begins several keys; say the id`, 2);
    await store.revokeKey(only.id, Date.now());
    return only;
  });
  if (flags.json) {
    printJson({ revoked: key.id });
    return;
  }
  console.log(`Key ${key.id} (${key.prefix}…) is revoked.`);
}

/** Works beside a running server: the database waits for its lock. */
async function withStore<T>(flags: DataFlags, work: (store: LedgerStore) => Promise<T>): Promise<T> {
  const [{ loadConfig }, { createPostgresLedger, createSqliteStorage }] = await Promise.all([
    import("@batchwatch/server/config/load-config"),
    import("@batchwatch/server/storage/open-storage"),
  ]);
  const { config } = loadConfig({
    file: flags.config,
    env: process.env,
    flags: flags.dataDir === undefined ? {} : { dataDir: flags.dataDir },
  });
  const { url } = config.storage;
  const store =
    url === undefined
      ? createSqliteStorage({ dataDir: config.dataDir }).ledger
      : createPostgresLedger({ url });
  await store.open();
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** In the API's manner: instants as text, and never the hash. */
function shown({ hash: _hash, createdAt, lastUsedAt, revokedAt, ...key }: ApiKey) {
  return { ...key, createdAt: iso(createdAt), lastUsedAt: iso(lastUsedAt), revokedAt: iso(revokedAt) };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
