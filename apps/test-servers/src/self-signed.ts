import { generate } from "selfsigned";

/** What a server needs to speak TLS, as PEM texts. */
export interface SelfSigned {
  /** Its own authority: who trusts this one trusts the server. */
  readonly certificate: string;
  readonly key: string;
}

/** Makes a certificate for 127.0.0.1, without any program of the machine. */
export async function makeSelfSigned(): Promise<SelfSigned> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
    ],
  });
  return { certificate: cert, key };
}
