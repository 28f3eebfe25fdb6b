import { parseNodes, parsePort, type RedisNode } from "./address.ts";

type CertificateCheck = "none" | "optional" | "required";

/** The variables that are read, which are those of LiteLLM: only what is set, and of its type. */
export interface RedisEnvironment {
  readonly REDIS_URL?: string;
  readonly REDIS_HOST?: string;
  readonly REDIS_PORT?: number;
  readonly REDIS_UNIX_SOCKET_PATH?: string;
  readonly REDIS_DB?: number;
  readonly REDIS_USERNAME?: string;
  readonly REDIS_PASSWORD?: string;
  readonly REDIS_CLIENT_NAME?: string;
  readonly REDIS_SOCKET_TIMEOUT?: number;
  readonly REDIS_SOCKET_CONNECT_TIMEOUT?: number;
  readonly REDIS_SSL?: boolean;
  readonly REDIS_SSL_CERT_REQS?: CertificateCheck;
  readonly REDIS_SSL_CHECK_HOSTNAME?: boolean;
  readonly REDIS_SSL_CA_CERTS?: string;
  readonly REDIS_SSL_CA_DATA?: string;
  readonly REDIS_SSL_CERTFILE?: string;
  readonly REDIS_SSL_KEYFILE?: string;
  readonly REDIS_SSL_PASSWORD?: string;
  readonly REDIS_CLUSTER_NODES?: readonly RedisNode[];
  readonly REDIS_SENTINEL_NODES?: readonly RedisNode[];
  readonly REDIS_SENTINEL_USERNAME?: string;
  readonly REDIS_SENTINEL_PASSWORD?: string;
  readonly REDIS_SERVICE_NAME?: string;
  readonly REDIS_GCP_SERVICE_ACCOUNT?: string;
  readonly REDIS_GCP_SSL_CA_CERTS?: string;
  readonly REDIS_AZURE_AD_TOKEN?: boolean;
  readonly REDIS_AWS_IAM_AUTH?: boolean;
  readonly REDIS_AWS_IAM_USER_NAME?: string;
  readonly REDIS_AWS_IAM_CACHE_NAME?: string;
  readonly REDIS_AWS_IAM_REGION?: string;
  readonly REDIS_AWS_IAM_SERVERLESS?: boolean;
}

/** Reads the text of a variable, or says what it must be. */
type Read<Value> = (text: string, variable: string) => Value;

const text: Read<string> = (value) => value;

const port: Read<number> = (value, variable) => parsePort(variable, value);

const boolean: Read<boolean> = (value, variable) => {
  if (/^(true|1|yes|on)$/i.test(value)) return true;
  if (/^(false|0|no|off)$/i.test(value)) return false;
  throw new TypeError(`${variable} must be true or false`);
};

const wholeNumber: Read<number> = (value, variable) => {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new TypeError(`${variable} must be a whole number`);
};

const seconds: Read<number> = (value, variable) => {
  if (/^\d+(\.\d+)?$/.test(value) && Number(value) > 0) return Number(value);
  throw new TypeError(`${variable} must be a number of seconds above 0`);
};

const certificateCheck: Read<CertificateCheck> = (value, variable) => {
  const word = value.toLowerCase().replace(/^cert_/, "");
  if (word === "none" || word === "optional" || word === "required") return word;
  throw new TypeError(`${variable} must be none, optional or required`);
};

const nodes: Read<readonly RedisNode[]> = (value, variable) => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    // The error of the parser would quote the value.
    throw new TypeError(`${variable} must be JSON: a list of { "host": "...", "port": 6379 }`);
  }
  return parseNodes(variable, parsed);
};

const readers: { readonly [Name in keyof RedisEnvironment]-?: Read<NonNullable<RedisEnvironment[Name]>> } = {
  REDIS_URL: text,
  REDIS_HOST: text,
  REDIS_PORT: port,
  REDIS_UNIX_SOCKET_PATH: text,
  REDIS_DB: wholeNumber,
  REDIS_USERNAME: text,
  REDIS_PASSWORD: text,
  REDIS_CLIENT_NAME: text,
  REDIS_SOCKET_TIMEOUT: seconds,
  REDIS_SOCKET_CONNECT_TIMEOUT: seconds,
  REDIS_SSL: boolean,
  REDIS_SSL_CERT_REQS: certificateCheck,
  REDIS_SSL_CHECK_HOSTNAME: boolean,
  REDIS_SSL_CA_CERTS: text,
  REDIS_SSL_CA_DATA: text,
  REDIS_SSL_CERTFILE: text,
  REDIS_SSL_KEYFILE: text,
  REDIS_SSL_PASSWORD: text,
  REDIS_CLUSTER_NODES: nodes,
  REDIS_SENTINEL_NODES: nodes,
  REDIS_SENTINEL_USERNAME: text,
  REDIS_SENTINEL_PASSWORD: text,
  REDIS_SERVICE_NAME: text,
  REDIS_GCP_SERVICE_ACCOUNT: text,
  REDIS_GCP_SSL_CA_CERTS: text,
  REDIS_AZURE_AD_TOKEN: boolean,
  REDIS_AWS_IAM_AUTH: boolean,
  REDIS_AWS_IAM_USER_NAME: text,
  REDIS_AWS_IAM_CACHE_NAME: text,
  REDIS_AWS_IAM_REGION: text,
  REDIS_AWS_IAM_SERVERLESS: boolean,
};

/** Reads the variables. An empty one counts as not set. @throws {TypeError} that names the variable that is wrong, and never its value */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): RedisEnvironment {
  const entries = Object.entries<Read<unknown>>(readers).flatMap(([name, read]) => {
    const value = variables[name];
    return value === undefined || value === "" ? [] : [[name, read(value, name)] as const];
  });
  return Object.fromEntries(entries) as RedisEnvironment;
}
