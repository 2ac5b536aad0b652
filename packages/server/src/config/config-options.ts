/**
 * The options of the configuration as a list, read from the schema: their paths, environment variables and defaults.
 * `http.publicUrl` is `BATCHWATCH_HTTP_PUBLIC_URL` in the environment.
 */
import { configSchema } from "@batchwatch/protocol";
import { z } from "zod";

export const ENVIRONMENT_PREFIX = "BATCHWATCH_";

export interface ConfigOption {
  path: readonly string[];
  environmentName: string;
  /** How text from the environment is read. */
  kind: "text" | "number" | "boolean" | "list" | "json";
  description: string | null;
}

interface SchemaNode {
  type?: string | string[];
  properties?: Record<string, SchemaNode>;
  anyOf?: SchemaNode[];
  oneOf?: SchemaNode[];
  items?: SchemaNode;
  description?: string;
}

const ROOT = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as SchemaNode;

/** Every option that a file, the environment or a flag can set. */
export const CONFIG_OPTIONS: readonly ConfigOption[] = optionsIn(ROOT, []);

/** Names that an object at this path may have, in any of its forms; empty where anything goes. */
export function knownKeysAt(path: readonly PropertyKey[]): readonly string[] {
  let nodes: readonly SchemaNode[] = [ROOT];
  for (const part of path)
    nodes = nodes
      .map((node) => (typeof part === "number" ? node.items : node.properties?.[String(part)]))
      .flatMap((node) => (node === undefined ? [] : (node.oneOf ?? [node])));
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function optionsIn(node: SchemaNode, path: readonly string[]): ConfigOption[] {
  if (node.properties !== undefined)
    return Object.entries(node.properties).flatMap(([name, inner]) => optionsIn(inner, [...path, name]));
  return [
    {
      path,
      environmentName: ENVIRONMENT_PREFIX + path.map(upperSnake).join("_"),
      kind: kindOf(node),
      description: node.description ?? null,
    },
  ];
}

function kindOf(node: SchemaNode): ConfigOption["kind"] {
  if (node.anyOf !== undefined) return "text";
  if (node.type === "array") return node.items?.type === "string" ? "list" : "json";
  if (node.type === "integer" || node.type === "number") return "number";
  if (node.type === "boolean") return "boolean";
  return "text";
}

function upperSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
