import type { CredentialProvider } from "./credentials.ts";
import { importPeer } from "./import-peer.ts";

/** How to get tokens of Microsoft Entra. */
export interface AzureCredentialsOptions {
  /** The object id of the identity, which is its user name in Redis. @default what the token says */
  readonly username?: string | undefined;
  /** Gets tokens, as the credentials of @azure/identity do. @default its `DefaultAzureCredential` */
  readonly credential?: TokenCredentialLike | undefined;
  /** What the token is for. @default "https://redis.azure.com/.default", which is right for Azure Cache and Azure Managed Redis */
  readonly scope?: string | undefined;
}

/** The part of `TokenCredential` that is used. */
export interface TokenCredentialLike {
  getToken(scope: string): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

/** Tokens of Microsoft Entra for Redis on Azure. Needs @azure/identity unless a `credential` is given, and loads it with the first connection. */
export function azureCredentials(options: AzureCredentialsOptions = {}): CredentialProvider {
  const { scope = "https://redis.azure.com/.default" } = options;
  let credential = options.credential;
  return async () => {
    credential ??= await defaultCredential();
    const token = await credential.getToken(scope);
    if (token === null) throw new Error("Microsoft Entra gave no token for Redis");
    const username = options.username ?? objectIdIn(token.token);
    return { username, password: token.token, expiresAt: token.expiresOnTimestamp };
  };
}

async function defaultCredential(): Promise<TokenCredentialLike> {
  const { DefaultAzureCredential } = await importPeer("@azure/identity", () => import("@azure/identity"));
  return new DefaultAzureCredential();
}

/** The claim of a token that names who it is for. Redis checks the token, so nothing is trusted by reading it. */
function objectIdIn(token: string): string {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    if (typeof claims === "object" && claims !== null && "oid" in claims && typeof claims.oid === "string")
      return claims.oid;
  } catch {
    // Said below: what the parser would say has a part of the token in it.
  }
  throw new Error("The token of Microsoft Entra does not say whom it is for: give the object id as username");
}
