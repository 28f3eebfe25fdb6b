/** What an error of Redis or of the connection means for whoever runs it, by the word it begins with, its code, or its text. */
const advice: readonly (readonly [RegExp, string])[] = [
  [
    /^(WRONGPASS|NOAUTH)|invalid password/,
    "Redis refuses the user name or password: check them, or what `credentials` gives",
  ],
  [/^NOPERM/, "The user lacks a permission in Redis: give it those that the README of @llmcache/redis lists"],
  [
    /^READONLY/,
    "This Redis is a read-only replica: connect to its primary, or by `sentinel` or `cluster`, which find it",
  ],
  [/^OOM/, "Redis is full: raise its maxmemory, or set its maxmemory-policy to one that evicts, such as allkeys-lru"],
  [/^MISCONF/, "Redis cannot save to its disk and so takes no writes: free space on it, or turn saving off"],
  [/^LOADING/, "Redis is loading its data from disk: it answers when that is done"],
  [/^(CLUSTERDOWN|MASTERDOWN)/, "A part of the Redis has no primary: it answers when one has been elected or started"],
  [/^ECONNREFUSED/, "Nothing listens at the address of Redis: start it, or correct `host` and `port`"],
  [/^(ENOTFOUND|EAI_AGAIN)/, "The host name of Redis is not known: correct `host`, or see to the name service"],
  [
    /^(ENOENT|EACCES)/,
    "The unix socket of Redis cannot be opened: correct `path`, or give this process the right to use it",
  ],
  [
    /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)/,
    "Redis cannot be reached: see to the network, a firewall, or `connectTimeout`",
  ],
  [
    /^(ECONNRESET|EPIPE|Redis closed)/,
    "Redis ended the connection: see whether it wants TLS or a client certificate, or was stopped",
  ],
  [
    /^Command timed out/,
    "Redis did not answer in time: see whether it is overloaded, or stopped, or raise `commandTimeout`",
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID/,
    "The certificate of Redis is for another host name: connect by that name, or set tls.servername to it",
  ],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|CERT_\w+)/,
    "The certificate of Redis is not trusted: give its authority as tls.ca, or renew it",
  ],
  [
    /^(EPROTO|ERR_SSL_\w+)/,
    "TLS with Redis failed: see whether it speaks TLS at this port, and wants a client certificate",
  ],
];

/**
 * An error that says what to do, where there is something to do. Of the client's own it keeps what is said and not the command that it
 * was about, in which there are values and passwords.
 */
export function explainError(thrown: unknown, lastError: Error | undefined): Error {
  const error = toError(thrown);
  const root = rootOf(error, lastError);
  const [, what] = advice.find(([pattern]) => pattern.test(codeOf(root)) || pattern.test(root.message)) ?? [];
  const message = withoutArguments(root.message);
  if (what === undefined && root === error && bare(root) === root) return error;
  return new Error(what === undefined ? message : `${what} (${message})`, { cause: bare(root) });
}

/** What was thrown, as an `Error`. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("The client failed with something that is no Error");
}

/** Errors of the client that say what became of a command, and not why. */
const withoutReason =
  /^(Connection is closed|Reached the max retries|Failed to refresh slots|None of startup nodes|Too many Cluster)/;

/** What made it so. */
function rootOf(error: Error, lastError: Error | undefined): Error {
  const own = "lastNodeError" in error && error.lastNodeError instanceof Error ? error.lastNodeError : error;
  if (!withoutReason.test(own.message) || lastError === undefined) return own;
  return rootOf(lastError, undefined);
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "";
}

/** A server repeats the arguments of a command that it does not know, and in them keys and values. */
function withoutArguments(message: string): string {
  return message.replace(/,? with args beginning with.*$/s, "");
}

/** An error without the command that it was about, wherever that stands in it. */
function bare(error: Error): Error {
  const message = withoutArguments(error.message);
  if (!("command" in error) && message === error.message) return error;
  const copy = new Error(message);
  copy.name = error.name;
  return copy;
}
