import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { debianLaunch } from "./debian-packages.ts";
import { runTool } from "./run-tool.ts";

/** One side of a TLS connection, as PEM texts. */
export interface Certificates {
  /** The authority that has signed the certificates of both sides: trust this one. */
  readonly ca: string;
  readonly certificate: string;
  /** The private key that belongs to the certificate. */
  readonly key: string;
}

/** Both sides. */
export interface IssuedCertificates {
  readonly forServers: Certificates;
  readonly forClients: Certificates;
}

/** Names of the files that `writeCertificates` writes. */
export const certificateFiles = { ca: "ca.crt", certificate: "server.crt", key: "server.key" } as const;

/** Writes what a server needs into its folder. */
export async function writeCertificates(folder: string, { forServers }: IssuedCertificates): Promise<void> {
  const names = ["ca", "certificate", "key"] as const;
  await Promise.all(names.map((name) => writeFile(join(folder, certificateFiles[name]), forServers[name])));
}

// The openssl of a package looks for its settings where this machine may have none.
const settings = "[req]\ndistinguished_name = name\n[name]\n";

/**
 * Makes an authority for a day, which signs a certificate for servers of the given names and addresses and one for clients.
 *
 * @param openssl The folder of a program that came with openssl.
 */
export async function makeCertificates(openssl: string, hostNames: readonly string[]): Promise<IssuedCertificates> {
  const folder = await mkdtemp(join(tmpdir(), "llmcache-certificates-"));
  const request = async (name: string, ...args: readonly string[]) => {
    const { file, args: launch } = debianLaunch(openssl, "openssl", [
      ...["req", "-x509", "-config", "openssl.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"],
      ...["-days", "1", "-subj", `/CN=llmcache test ${name}`, "-keyout", `${name}.key`, "-out", `${name}.crt`],
      ...args,
    ]);
    await runTool(file, launch, folder);
  };
  const issue = async (name: string, extension: string): Promise<Certificates> => {
    const signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
    await request(name, ...signing, "-addext", extension);
    const read = (file: string) => readFile(join(folder, file), "utf8");
    return { ca: await read("ca.crt"), certificate: await read(`${name}.crt`), key: await read(`${name}.key`) };
  };
  try {
    await writeFile(join(folder, "openssl.cnf"), settings);
    await request("ca", "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign");
    const names = hostNames.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`);
    return {
      forServers: await issue("server", `subjectAltName=${names.join(",")}`),
      forClients: await issue("client", "extendedKeyUsage=clientAuth"),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
