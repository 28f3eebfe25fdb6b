import { type AddressOption, addressOptions, expandUrl, type RedisConnectionOptions } from "./connect-options.ts";
import { awsCredentials } from "./aws-credentials.ts";
import { azureCredentials } from "./azure-credentials.ts";
import type { CredentialProvider } from "./credentials.ts";
import type { RedisEnvironment } from "./environment.ts";
import { gcpCredentials } from "./gcp-credentials.ts";
import { readPem, type RedisTls } from "./redis-tls.ts";

/**
 * Fills in from the environment what the options leave out. A URL counts for more than the single variables, and an option for more than
 * both; an option that says where Redis is takes the place of everything that the environment says about that.
 *
 * @throws {TypeError} that names the variable that is wrong, or that is missing beside another
 */
export async function withEnvironment(
  options: RedisConnectionOptions,
  environment: RedisEnvironment,
): Promise<RedisConnectionOptions> {
  const given = expandUrl("connectRedis: url", options);
  const address = hasAddress(given) ? {} : addressOf(environment);
  const filled = {
    database: environment.REDIS_DB,
    connectionName: environment.REDIS_CLIENT_NAME,
    connectTimeout: environment.REDIS_SOCKET_CONNECT_TIMEOUT,
    commandTimeout: environment.REDIS_SOCKET_TIMEOUT,
    username: environment.REDIS_USERNAME,
    password: environment.REDIS_PASSWORD,
    ...address,
    ...given,
  };
  return { ...filled, ...credentialsOf(filled, environment), tls: await tlsOf(filled.tls, environment) };
}

function hasAddress(options: RedisConnectionOptions): boolean {
  return [...addressOptions, "port" as const].some((name) => options[name] !== undefined);
}

function addressOf(environment: RedisEnvironment): Pick<RedisConnectionOptions, AddressOption | "port"> {
  const { REDIS_URL, REDIS_CLUSTER_NODES, REDIS_SENTINEL_NODES, REDIS_SERVICE_NAME, REDIS_UNIX_SOCKET_PATH } =
    environment;
  if (REDIS_URL !== undefined) return expandUrl("REDIS_URL", { url: REDIS_URL });
  if (REDIS_CLUSTER_NODES !== undefined) return { cluster: REDIS_CLUSTER_NODES };
  if (REDIS_SENTINEL_NODES !== undefined) {
    return {
      sentinel: {
        nodes: REDIS_SENTINEL_NODES,
        name: needed("REDIS_SENTINEL_NODES", "REDIS_SERVICE_NAME", REDIS_SERVICE_NAME),
        username: environment.REDIS_SENTINEL_USERNAME,
        password: environment.REDIS_SENTINEL_PASSWORD,
      },
    };
  }
  if (REDIS_UNIX_SOCKET_PATH !== undefined) return { path: REDIS_UNIX_SOCKET_PATH };
  return { host: environment.REDIS_HOST, port: environment.REDIS_PORT };
}

/** A token of a cloud in place of a password, where the environment asks for it and the options bring neither. */
function credentialsOf(
  { username, password, credentials }: RedisConnectionOptions,
  environment: RedisEnvironment,
): Pick<RedisConnectionOptions, "username" | "password" | "credentials"> {
  if (credentials !== undefined) return { username: undefined, password: undefined };
  if (password !== undefined) return {};
  const provider = cloudCredentials(username, environment);
  return provider === undefined ? {} : { username: undefined, credentials: provider };
}

function cloudCredentials(username: string | undefined, environment: RedisEnvironment): CredentialProvider | undefined {
  const { REDIS_GCP_SERVICE_ACCOUNT, REDIS_AZURE_AD_TOKEN, REDIS_AWS_IAM_AUTH } = environment;
  if (REDIS_GCP_SERVICE_ACCOUNT !== undefined) return gcpCredentials({ serviceAccount: REDIS_GCP_SERVICE_ACCOUNT });
  if (REDIS_AZURE_AD_TOKEN === true) return azureCredentials({ username });
  if (REDIS_AWS_IAM_AUTH !== true) return undefined;
  return awsCredentials({
    username: needed("REDIS_AWS_IAM_AUTH", "REDIS_AWS_IAM_USER_NAME", environment.REDIS_AWS_IAM_USER_NAME ?? username),
    cacheName: needed("REDIS_AWS_IAM_AUTH", "REDIS_AWS_IAM_CACHE_NAME", environment.REDIS_AWS_IAM_CACHE_NAME),
    region: needed("REDIS_AWS_IAM_AUTH", "REDIS_AWS_IAM_REGION", environment.REDIS_AWS_IAM_REGION),
    serverless: environment.REDIS_AWS_IAM_SERVERLESS,
  });
}

async function tlsOf(
  given: boolean | RedisTls | undefined,
  environment: RedisEnvironment,
): Promise<boolean | RedisTls | undefined> {
  if (given === false || typeof given === "object") return given;
  if (given !== true && !(environment.REDIS_SSL ?? namesAuthority(environment))) return undefined;
  const file = async (variable: keyof RedisEnvironment) => {
    const path = environment[variable];
    return typeof path === "string" ? readPem(variable, path) : undefined;
  };
  const check = environment.REDIS_SSL_CERT_REQS;
  return {
    ca: environment.REDIS_SSL_CA_DATA ?? (await file("REDIS_SSL_CA_CERTS")) ?? (await file("REDIS_GCP_SSL_CA_CERTS")),
    certificate: await file("REDIS_SSL_CERTFILE"),
    key: await file("REDIS_SSL_KEYFILE"),
    passphrase: environment.REDIS_SSL_PASSWORD,
    verify: check !== "none",
    // As in Python, where "optional" means a trusted certificate of whatever name.
    checkHostname: environment.REDIS_SSL_CHECK_HOSTNAME ?? check !== "optional",
  };
}

/** Without TLS it would be of no use, and tokens and answers would be there for anybody on the way to read. */
function namesAuthority({ REDIS_SSL_CA_CERTS, REDIS_SSL_CA_DATA, REDIS_GCP_SSL_CA_CERTS }: RedisEnvironment): boolean {
  return (REDIS_SSL_CA_CERTS ?? REDIS_SSL_CA_DATA ?? REDIS_GCP_SSL_CA_CERTS) !== undefined;
}

function needed(because: string, variable: string, value: string | undefined): string {
  if (value === undefined) throw new TypeError(`${variable} must be set, because ${because} is`);
  return value;
}
