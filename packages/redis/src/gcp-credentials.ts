import type { CredentialProvider } from "./credentials.ts";
import { importPeer } from "./import-peer.ts";

/** How to get tokens of Google Cloud. */
export interface GcpCredentialsOptions {
  /** The account to act as, by its address or as `projects/-/serviceAccounts/<address>`. @default the account of the default credentials itself */
  readonly serviceAccount?: string | undefined;
  /** Signs calls to Google, as `new GoogleAuth(...)` of google-auth-library does. @default its application default credentials */
  readonly auth?: GoogleAuthLike | undefined;
}

/** The part of `GoogleAuth` that is used. */
export interface GoogleAuthLike {
  getClient(): Promise<unknown>;
}

const scope = "https://www.googleapis.com/auth/cloud-platform";

/** Tokens of Google IAM for Memorystore. Needs google-auth-library, which it loads with the first connection. */
export function gcpCredentials(options: GcpCredentialsOptions = {}): CredentialProvider {
  let client: Promise<TokenClient> | undefined;
  return async () => {
    client ??= clientOf(options);
    try {
      const { token } = await (await client).getAccessToken();
      if (!token) throw new Error("Google gave no access token for Redis");
      return { password: token, expiresAt: (await client).credentials.expiry_date ?? undefined };
    } catch (error) {
      // What failed once, such as the search for default credentials, may have been put right by the next time.
      client = undefined;
      throw error;
    }
  };
}

/** What both kinds of client of google-auth-library have. */
interface TokenClient {
  readonly credentials: { readonly expiry_date?: number | null | undefined };
  getAccessToken(): Promise<{ token?: string | null | undefined }>;
}

async function clientOf({ serviceAccount, auth }: GcpCredentialsOptions): Promise<TokenClient> {
  const { GoogleAuth, Impersonated } = await importPeer("google-auth-library", () => import("google-auth-library"));
  const source = (await (auth ?? new GoogleAuth({ scopes: [scope] })).getClient()) as InstanceType<typeof Impersonated>;
  if (serviceAccount === undefined) return source;
  return new Impersonated({
    sourceClient: source,
    targetPrincipal: serviceAccount.slice(serviceAccount.lastIndexOf("/") + 1),
    targetScopes: [scope],
    lifetime: 3600,
  });
}
