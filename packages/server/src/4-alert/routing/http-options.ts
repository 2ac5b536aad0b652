/** `http_config` of an Alertmanager file: what of it says who we are. Hands on the options of a channel. */
import type { ConfigSection } from "./config-section.ts";
import type { FilePaths, Options } from "./receiver-kinds.ts";

const REFUSED = Object.fromEntries(
  [
    "oauth2",
    "proxy_url",
    "no_proxy",
    "proxy_from_environment",
    "proxy_connect_header",
    "tls_config",
    "enable_http2",
  ].map((key) => [key, "is not supported: authorization, basic_auth and http_headers are"]),
);

export function httpOptions(section: ConfigSection, files: FilePaths): Options {
  section.allow(["authorization", "basic_auth", "http_headers", "follow_redirects"], REFUSED);
  if (section.boolean("follow_redirects") === true)
    section.note("is not supported: put the final address into the configuration", "follow_redirects");
  return { ...headersOf(section), ...basicOf(section, files), ...bearerOf(section, files) };
}

function basicOf(section: ConfigSection, files: FilePaths): Options {
  if (!section.has("basic_auth")) return {};
  const basic = section.section("basic_auth");
  basic.allow(["username", "password", "password_file"], {
    username_file: "is not supported: write the name with username",
  });
  const username = basic.text("username");
  if (username === null) basic.note("has no username");
  return { ...(username !== null && { username }), ...secretOf(basic, "password", "password", files) };
}

function bearerOf(section: ConfigSection, files: FilePaths): Options {
  if (!section.has("authorization")) return {};
  const authorization = section.section("authorization");
  authorization.allow(["type", "credentials", "credentials_file"]);
  const type = authorization.text("type") ?? "Bearer";
  if (type.toLowerCase() !== "bearer")
    authorization.note("must be Bearer; write others into http_headers", "type");
  return secretOf(authorization, "credentials", "bearerToken", files);
}

/** The secret itself, or the file that holds it. */
function secretOf(section: ConfigSection, key: string, option: string, files: FilePaths): Options {
  const value = section.text(key);
  if (value !== null) return { [option]: value };
  const file = section.text(`${key}_file`);
  if (file === null) {
    section.note(`has neither ${key} nor ${key}_file`);
    return {};
  }
  const found = files.locate(file);
  if (found.ok) return { [`${option}File`]: found.path };
  section.note(`names ${file}, which ${found.why}`, `${key}_file`);
  return {};
}

function headersOf(section: ConfigSection): Options {
  if (!section.has("http_headers")) return {};
  const named = section.section("http_headers");
  const headers = named.keys().map((name) => {
    const header = named.section(name);
    header.allow(["values", "secrets"], { files: "is not supported: write the value with secrets" });
    return [name, [...header.texts("values"), ...header.texts("secrets")].join(", ")];
  });
  return { headers: Object.fromEntries(headers) };
}
