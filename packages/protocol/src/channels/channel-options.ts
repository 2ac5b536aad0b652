/**
 * How the options of a notification channel are described: fields of a zod object, some of them secret, and rules between
 * them. From one description come the schema that the channel itself gets (secrets filled in) and the one that a person
 * writes against (each secret may be named by a file instead: `urlFile`, or `url_file` in YAML).
 */
import { z } from "zod";

export interface OptionProblem {
  path: string[];
  message: string;
}

/** True where the option is given, itself or by its file. */
export type IsGiven = (option: string) => boolean;

export interface ChannelOptions<Type extends string, Shape extends z.ZodRawShape> {
  type: Type;
  /** One sentence for the reference. */
  description: string;
  shape: Shape;
  /** What the channel is given. */
  schema: z.ZodObject<Shape, z.core.$strict>;
  /** What is written in the configuration, without `name` and `type`. */
  writtenSchema: z.ZodType<Record<string, unknown>>;
  writtenShape: z.ZodRawShape;
  /** Names of options whose values are never shown. */
  secrets: readonly string[];
  rules: (isGiven: IsGiven) => OptionProblem[];
}

export function channelOptions<Type extends string, Shape extends z.ZodRawShape>(
  type: Type,
  description: string,
  shape: Shape,
  rules: (isGiven: IsGiven) => OptionProblem[] = () => [],
): ChannelOptions<Type, Shape> {
  const secrets = Object.keys(shape).filter((option) => isSecret(shape[option]));
  const writtenShape = withFiles(shape, secrets);
  const required = secrets.filter((option) => !isOptional(shape[option]));
  const allRules = (isGiven: IsGiven): OptionProblem[] => [
    ...required.filter((option) => !isGiven(option)).map((option) => missing(option)),
    ...rules(isGiven),
  ];
  return {
    type,
    description,
    shape,
    schema: z.strictObject(shape),
    writtenSchema: checked(z.strictObject(writtenShape), allRules) as z.ZodType<Record<string, unknown>>,
    writtenShape,
    secrets,
    rules: allRules,
  };
}

/** Adds the rules between options, and that nothing is given both as text and as a file. */
export function checked<Schema extends z.ZodObject>(
  schema: Schema,
  rules: (isGiven: IsGiven) => OptionProblem[],
): Schema {
  return schema.superRefine((value, context) => {
    const options = value as Readonly<Record<string, unknown>>;
    const has = (option: string): boolean => options[option] !== undefined;
    const problems = rules((option) => has(option) || has(`${option}File`));
    for (const option of Object.keys(options))
      if (option.endsWith("File") && has(option) && has(option.slice(0, -"File".length)))
        problems.push({
          path: [option],
          message: `is given beside "${option.slice(0, -"File".length)}"; leave one of them out`,
        });
    for (const { path, message } of problems) context.addIssue({ code: "custom", path, message });
  });
}

export function missing(option: string): OptionProblem {
  return { path: [option], message: `is missing; give it, or the file that holds it as "${option}File"` };
}

function withFiles(shape: z.ZodRawShape, secrets: readonly string[]): z.ZodRawShape {
  const written: Record<string, z.core.$ZodType> = {};
  for (const [option, field] of Object.entries(shape)) {
    const mayBeFile = secrets.includes(option) && isText(field);
    written[option] = mayBeFile && field instanceof z.ZodType ? field.optional() : field;
    if (mayBeFile)
      written[`${option}File`] = z
        .string()
        .min(1)
        .optional()
        .describe(`file that holds \`${option}\`; read again for each message`);
  }
  return written;
}

// ── fields ──────────────────────────────────────────────────────────────────────────────────────────

/** Marks an option whose value is never shown. */
export function secret<Schema extends z.ZodType>(schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), secret: true });
}

function isSecret(field: z.core.$ZodType | undefined): boolean {
  return field instanceof z.ZodType && field.meta()?.secret === true;
}

function isOptional(field: z.core.$ZodType | undefined): boolean {
  return field?._zod.optin === "optional";
}

function isText(field: z.core.$ZodType): boolean {
  const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
  return inner instanceof z.ZodString || inner instanceof z.ZodURL;
}

/** Printable text without line breaks, so that it can stand in a header. */
const HEADER_TEXT = /^[\t\x20-\x7e\u0080-\u00ff]*$/;

export const headerText = (limit: number) =>
  z.string().min(1).max(limit).regex(HEADER_TEXT, { error: "must be printable text on one line" });

export const httpUrl = () =>
  z
    .url({ protocol: /^https?$/, error: "must be an http(s) address" })
    .max(4000)
    .refine((url) => !/^https?:\/\/[^/?#]*@/i.test(url), {
      error: "must not hold a user and password; use the options for them, or headers",
    });

/** What every channel has. */
export const COMMON_SHAPE = {
  sendResolved: z
    .boolean()
    .default(true)
    .describe("false: says nothing when an incident resolves or is corrected"),
};

/** How requests identify themselves, for channels whose address is the user's own. */
export const HTTP_SHAPE = {
  headers: secret(
    z
      .record(
        z.string().regex(/^[!#$%&'*+\-.^_`|~\w]{1,200}$/, { error: "must be the name of a header" }),
        z.string().max(8000).regex(HEADER_TEXT, { error: "must be printable text on one line" }),
      )
      .default({})
      .describe("further request headers. Secret"),
  ),
  username: headerText(200).optional().describe("user of basic authentication; with `password`"),
  password: secret(headerText(1000).optional().describe("password of basic authentication. Secret")),
  bearerToken: secret(headerText(4000).optional().describe("sent as `Authorization: Bearer …`. Secret")),
};

export function httpRules(isGiven: IsGiven): OptionProblem[] {
  const problems: OptionProblem[] = [];
  if (isGiven("username") !== isGiven("password"))
    problems.push({
      path: [isGiven("username") ? "password" : "username"],
      message: 'is missing: "username" and "password" go together',
    });
  if (isGiven("bearerToken") && isGiven("username"))
    problems.push({ path: ["bearerToken"], message: 'cannot go with "username"; leave one of them out' });
  return problems;
}
