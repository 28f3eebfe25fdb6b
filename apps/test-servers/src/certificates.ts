import { writeFile } from "node:fs/promises";
import { isIP } from "node:net";
import { join } from "node:path";
import { generate } from "selfsigned";

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

type Extension = NonNullable<NonNullable<Parameters<typeof generate>[1]>["extensions"]>[number];

/** Makes an authority, which signs a certificate for servers of the given names and addresses and one for clients. */
export async function makeCertificates(
  hostNames: readonly string[] = ["localhost", "127.0.0.1"],
): Promise<IssuedCertificates> {
  const authority = await make("authority", [
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, critical: true },
  ]);
  const issue = async (name: string, extension: Extension): Promise<Certificates> => {
    const constraints = { name: "basicConstraints", cA: false, critical: true } as const;
    const { cert, private: key } = await make(name, [constraints, extension], {
      key: authority.private,
      cert: authority.cert,
    });
    return { ca: authority.cert, certificate: cert, key };
  };
  const altNames = hostNames.map((name) =>
    isIP(name) === 0 ? { type: 2 as const, value: name } : { type: 7 as const, ip: name },
  );
  return {
    forServers: await issue("server", { name: "subjectAltName", altNames }),
    forClients: await issue("client", { name: "extKeyUsage", clientAuth: true }),
  };
}

function make(name: string, extensions: Extension[], ca?: { readonly key: string; readonly cert: string }) {
  return generate([{ name: "commonName", value: `llmcache test ${name}` }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions,
    ...(ca && { ca }),
  });
}
