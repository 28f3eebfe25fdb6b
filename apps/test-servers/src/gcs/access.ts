import { generateKeyPairSync, type KeyObject, randomBytes, verify } from "node:crypto";
import { ApiError } from "./api-error.ts";

/** What a service account's key file holds, as far as clients read it. */
export interface ServiceAccountKey {
  readonly type: "service_account";
  readonly project_id: string;
  readonly private_key_id: string;
  readonly private_key: string;
  readonly client_email: string;
  readonly client_id: string;
  readonly token_uri: string;
}

/** What real key files say. Google's library signs for this address and asks there, whatever a file says. */
const tokenUri = "https://oauth2.googleapis.com/token";

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const storageScopes = ["cloud-platform", "devstorage.full_control", "devstorage.read_write"].map(
  (scope) => `https://www.googleapis.com/auth/${scope}`,
);

/** Who may do what: accounts, the tokens they were given, and the permissions that all of them lack. */
export class Access {
  readonly denied: Set<string> = new Set();
  readonly #required: boolean;
  readonly #accounts = new Map<string, KeyObject>();
  readonly #tokens = new Set<string>();

  constructor(required: boolean) {
    this.#required = required;
  }

  /** A new account, with the content of its key file. */
  createAccount(projectId: string): ServiceAccountKey {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const id = this.#accounts.size + 1;
    const email = `cache-${id}@${projectId}.iam.gserviceaccount.com`;
    this.#accounts.set(email, publicKey);
    return {
      type: "service_account",
      project_id: projectId,
      private_key_id: randomBytes(20).toString("hex"),
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      client_email: email,
      client_id: `${100_000_000 + id}`,
      token_uri: tokenUri,
    };
  }

  /** Tokens that were given so far are worth nothing from now on. */
  revokeTokens(): void {
    this.#tokens.clear();
  }

  /**
   * The OAuth 2.0 exchange of a signed JWT for a token (RFC 7523; developers.google.com/identity/protocols/oauth2/service-account).
   * Gives the status and the body.
   */
  exchange(form: URLSearchParams): { readonly status: number; readonly body: object } {
    if (form.get("grant_type") !== jwtBearer) {
      return refusal("unsupported_grant_type", `Invalid grant_type: ${form.get("grant_type") ?? ""}`);
    }
    const [header = "", claims = "", signature = "", ...more] = (form.get("assertion") ?? "").split(".");
    const { alg } = decodeJson(header);
    const { iss, aud, scope, iat, exp } = decodeJson(claims);
    const key = this.#accounts.get(String(iss));
    if (key === undefined) return refusal("invalid_grant", "Invalid grant: account not found");
    const signed = verify("RSA-SHA256", Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url"));
    if (alg !== "RS256" || more.length > 0 || !signed) return refusal("invalid_grant", "Invalid JWT Signature.");
    if (aud !== tokenUri) return refusal("invalid_grant", "Invalid JWT: Failed audience check.");
    const now = Date.now() / 1000;
    if (!(Number(iat) <= now + 300 && Number(exp) > now && Number(exp) - Number(iat) <= 3600)) {
      return refusal(
        "invalid_grant",
        "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.",
      );
    }
    if (
      !String(scope)
        .split(" ")
        .some((one) => storageScopes.includes(one))
    ) {
      return refusal("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
    }
    const token = `ya29.${randomBytes(32).toString("base64url")}`;
    this.#tokens.add(token);
    return { status: 200, body: { access_token: token, expires_in: 3599, token_type: "Bearer" } };
  }

  /** @throws {ApiError} 401 without a token that is valid, 403 where it does not give the permission */
  check(authorization: string | undefined, permission: string): void {
    const what = `access to the Google Cloud Storage ${permission.includes(".objects.") ? "object" : "bucket"}`;
    const denial = `Permission '${permission}' denied on resource (or it may not exist).`;
    if (this.#required) {
      const location = { locationType: "header", location: "Authorization" };
      if (authorization === undefined) {
        const message = `Anonymous caller does not have ${permission} ${what}. ${denial}`;
        throw new ApiError(401, "required", message, location);
      }
      const [, token = ""] = /^Bearer (.+)$/.exec(authorization) ?? [];
      if (!this.#tokens.has(token)) throw new ApiError(401, "authError", "Invalid Credentials", location);
    }
    if (this.denied.has(permission)) {
      throw new ApiError(403, "forbidden", `The caller does not have ${permission} ${what}. ${denial}`);
    }
  }
}

function refusal(error: string, description: string): { readonly status: number; readonly body: object } {
  return { status: 400, body: { error, error_description: description } };
}

function decodeJson(part: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
