/** The header by which a request identifies itself, from the options that channels with an address of the user's share. */

export interface HttpIdentity {
  username?: string | undefined;
  password?: string | undefined;
  bearerToken?: string | undefined;
}

export function authorization({ username, password, bearerToken }: HttpIdentity): Record<string, string> {
  if (bearerToken !== undefined) return { authorization: `Bearer ${bearerToken}` };
  if (username === undefined || password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}
