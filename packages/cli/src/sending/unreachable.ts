/** Why a server could not be asked, in words that say what to do. */

/** Node's codes for a certificate that it does not accept. */
const CERTIFICATE = /CERT|ALTNAME|UNABLE_TO_VERIFY/;

/** @param code of the system or of Node, or whatever the error says */
export function unreachableText(url: string, code: string): string {
  return CERTIFICATE.test(code)
    ? `the certificate of ${url} is not accepted here (${code}). Name the file of its authority in NODE_EXTRA_CA_CERTS`
    : `${url} cannot be reached (${code})`;
}
