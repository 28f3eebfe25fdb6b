import { digest } from "./digest.ts";
import { controlPrefix } from "./outgoing-request.ts";

/** What a request says of who makes it. */
export interface Credential {
  /** Names the credential without giving it away; `undefined` for a request that has none. */
  readonly fingerprint: string | undefined;
  /** Whether the same caller will soon have another: the fingerprint is then no tenant. */
  readonly changes: boolean;
  /** Whether it is bound to the body, so that no other body can be sent with it. */
  readonly signsBody: boolean;
}

/** Reads the credential of a request, from headers and from the URL. */
export async function readCredential(url: URL, headers: Headers): Promise<Credential> {
  const found = [
    ...[...headers].filter(([name]) => isCredentialHeader(name)),
    ...[...url.searchParams]
      .filter(([name]) => isCredentialParameter(name))
      .map(([name, value]) => [`?${name}`, value] as const),
  ];
  if (found.length === 0) return { fingerprint: undefined, changes: false, signsBody: false };
  const signsBody = found.some(([name, value]) => isSignature(name, value));
  const changes = signsBody || found.some(([, value]) => isShortLived(value));
  // Half of the digest: 128 bits tell all tenants apart. Its first member keeps it from being the digest of anything else.
  const hash = await digest(JSON.stringify(["llmcache-credential-1", ...found.toSorted(byName)]));
  return { fingerprint: `credential-${hash.slice(0, 32)}`, changes, signsBody };
}

/**
 * By what credentials are called, so that those of a vendor nobody thought of count too. A header that is taken for one by mistake costs hits;
 * one that is overlooked would share answers between tenants.
 */
const credentialPattern =
  /(?:^|[-_])(?:auth|authorization|apikey|key|token|secret|password|session|cookie|credential|signature|sig)$/i;

/** Called like one, and none: new for each request. */
const notCredentials: ReadonlySet<string> = new Set([
  "idempotency-key",
  "x-idempotency-key",
  "x-csrf-token",
  "proxy-authorization",
]);

function isCredentialHeader(name: string): boolean {
  return credentialPattern.test(name) && !notCredentials.has(name) && !name.startsWith(controlPrefix);
}

/** Exactly these, since every other parameter counts as part of the endpoint, which keeps tenants apart as well. */
const credentialParameter =
  /^(?:key|api[-_]?key|access[-_]token|token|subscription-key|sig|signature|x-(?:amz|goog)-.+)$/i;

/** Whether a query parameter is a credential: it is part of the scope then, and not of the call. */
export function isCredentialParameter(name: string): boolean {
  return credentialParameter.test(name);
}

/** Schemes that sign each request anew (AWS Signature 4, RFC 7616, RFC 5849, RFC 9449, RFC 9421, Azure's HMAC). */
const signingScheme = /^(?:AWS4-|Digest\b|OAuth\b|DPoP\b|Hawk\b|Signature\b|HMAC-)/i;

function isSignature(name: string, value: string): boolean {
  return signingScheme.test(value) || /signature$/i.test(name);
}

/** A JWT (RFC 7519; signed or encrypted), as Azure Entra and most identity providers issue, or an access token of Google's. */
const shortLivedToken = /^(?:Bearer\s+)?(?:eyJ[\w-]+(?:\.[\w-]*){2,4}|ya29\..+)$/i;

function isShortLived(value: string): boolean {
  return shortLivedToken.test(value.trim());
}

function byName([left]: readonly string[], [right]: readonly string[]): number {
  return (left ?? "") < (right ?? "") ? -1 : 1;
}
