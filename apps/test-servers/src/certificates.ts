import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { debianLaunch } from "./debian-packages.ts";
import { runTool } from "./run-tool.ts";

/** What a client needs for TLS, as PEM texts. The same authority has signed the server's certificate. */
export interface Certificates {
  /** The authority: trust this one. */
  readonly ca: string;
  /** The client's own certificate. */
  readonly certificate: string;
  /** The private key that belongs to it. */
  readonly key: string;
}

/** Names of the files that `makeCertificates` leaves in its folder. */
export const certificateFiles = {
  ca: "ca.crt",
  serverCertificate: "server.crt",
  serverKey: "server.key",
  clientCertificate: "client.crt",
  clientKey: "client.key",
} as const;

// The openssl of a package has no settings of its own where its C library is not the machine's.
const settings = "[req]\ndistinguished_name = name\n[name]\n";

/**
 * Makes a certificate authority for a day, with a certificate for a server of the given names and one for a client.
 *
 * @param openssl The folder of a program that came with openssl.
 */
export async function makeCertificates(
  openssl: string,
  folder: string,
  hostNames: readonly string[],
): Promise<Certificates> {
  const run = async (...args: readonly string[]) => {
    const { file, args: launch } = debianLaunch(openssl, "openssl", args);
    await runTool(file, launch, folder);
  };
  await writeFile(join(folder, "openssl.cnf"), settings);
  const request = ["req", "-x509", "-config", "openssl.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const common = ["-noenc", "-days", "1"];
  await run(
    ...[...request, ...common, "-subj", "/CN=llmcache test authority", "-keyout", "ca.key", "-out", "ca.crt"],
    ...["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"],
  );
  const issue = (name: string, extension: string) =>
    run(
      ...[...request, ...common, "-subj", `/CN=llmcache test ${name}`, "-keyout", `${name}.key`, "-out", `${name}.crt`],
      ...["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"],
      ...["-addext", extension],
    );
  const names = hostNames.map((name) => `${/^[\d.]+$/.test(name) ? "IP" : "DNS"}:${name}`);
  await issue("server", `subjectAltName=${names.join(",")}`);
  await issue("client", "extendedKeyUsage=clientAuth");
  const read = (name: string) => readFile(join(folder, name), "utf8");
  return {
    ca: await read(certificateFiles.ca),
    certificate: await read(certificateFiles.clientCertificate),
    key: await read(certificateFiles.clientKey),
  };
}
