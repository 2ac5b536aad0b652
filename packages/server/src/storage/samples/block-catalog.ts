/** Which blocks there are, and the bytes of those in use, up to a limit: the least lately used ones go first. */
import type { SqliteConnection } from "../sqlite/sqlite-connection.ts";
import { StorageError } from "../storage-error.ts";
import { BlockData, BlockDirectory } from "./block-codec.ts";
import { RUN_STATE, readCounter } from "./sample-schema.ts";

export interface BlockEntry {
  id: number;
  /** The order of writing: of two blocks the one with the higher number holds. */
  seq: number;
  firstMetric: number;
  lastMetric: number;
  fromAt: number;
  toAt: number;
}

interface Opened {
  directory: BlockDirectory;
  data: BlockData | null;
  sizeBytes: number;
}

export class BlockCatalog {
  readonly #maxBytes: number;
  #catalog = -1;
  #blocks: BlockEntry[] = [];
  /** In the order of use. */
  readonly #opened = new Map<number, Opened>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes in what changed. Inside a read transaction. */
  sync(connection: SqliteConnection): void {
    const catalog = readCounter(connection, "catalog");
    if (catalog === this.#catalog) return;
    this.#catalog = catalog;
    this.#blocks = connection.execute(
      `select blocks.id, runs.seq, first_metric as firstMetric, last_metric as lastMetric,
        blocks.from_at as fromAt, blocks.to_at as toAt
       from runs join blocks on blocks.run_id = runs.id where runs.state = ? order by runs.seq, blocks.id`,
      [RUN_STATE.live],
    ).rows as unknown as BlockEntry[];
    const live = new Set(this.#blocks.map(({ id }) => id));
    for (const id of this.#opened.keys()) if (!live.has(id)) this.#forget(id);
  }

  /** In the order of writing. */
  overlapping(fromAt: number, toAt: number): BlockEntry[] {
    return this.#blocks.filter((block) => block.fromAt <= toAt && block.toAt >= fromAt);
  }

  directory(connection: SqliteConnection, id: number): BlockDirectory {
    const known = this.#opened.get(id);
    if (known !== undefined) return known.directory;
    const directory = new BlockDirectory(readColumn(connection, "directory", id));
    this.#keep(id, { directory, data: null, sizeBytes: directory.sizeBytes });
    return directory;
  }

  data(connection: SqliteConnection, id: number): BlockData {
    const known = this.#opened.get(id);
    const data =
      known?.data ?? new BlockData(this.directory(connection, id), readColumn(connection, "data", id));
    this.#forget(id);
    this.#keep(id, { directory: data.directory, data, sizeBytes: data.sizeBytes });
    return data;
  }

  #keep(id: number, opened: Opened): void {
    this.#opened.set(id, opened);
    this.#bytes += opened.sizeBytes;
    for (const oldest of this.#opened.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === id) break;
      this.#forget(oldest);
    }
  }

  #forget(id: number): void {
    this.#bytes -= this.#opened.get(id)?.sizeBytes ?? 0;
    this.#opened.delete(id);
  }
}

function readColumn(connection: SqliteConnection, column: "directory" | "data", id: number): Uint8Array {
  const [row] = connection.execute(`select ${column} as bytes from blocks where id = ?`, [id]).rows as {
    bytes: Uint8Array;
  }[];
  if (row === undefined) throw new StorageError("CORRUPT", `the block of samples ${id} is missing`);
  return row.bytes;
}
