import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LabError } from "../../lab-error.ts";

/** A certificate of the run's own: paths, and the PEM text of both. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** Makes a self-signed ECDSA P-256 certificate for `localhost` in `directory`: the same kind for everybody. Throws `ERR_PACKAGE_MISSING`. */
export function makeCertificate(directory: string): Certificate {
  const certFile = join(directory, "cert.pem");
  const keyFile = join(directory, "key.pem");
  const files = ["-keyout", keyFile, "-out", certFile];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const made = spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"],
    ...files,
    ...subject,
  ]);
  if (made.status !== 0) {
    throw new LabError("ERR_PACKAGE_MISSING", "openssl is needed for a certificate: apt-get install -y openssl");
  }
  // Servers under test give up root before they read them; the directory is private.
  chmodSync(keyFile, 0o644);
  return { certFile, keyFile, cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}
