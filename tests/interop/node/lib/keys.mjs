// Keys, certificates and the callbacks that the packages ask for, over node:crypto and jose.

import { createHash, randomBytes, sign, verify, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";

import { CompactEncrypt, base64url, compactDecrypt, decodeProtectedHeader, importJWK } from "jose";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

export const sha = (data, algorithm = "sha-256") => createHash(algorithm.replace("-", "")).update(data).digest();

export const publicJwk = (key) => {
  const { kty, crv, x, y } = (key.type === "private" ? createPublicKey(key) : key).export({ format: "jwk" });
  return { kty, crv, x, y };
};

/** ES256 over `data`, raw as JOSE wants it. */
const signRaw = (key, data) => sign("sha256", Buffer.from(data), { key, dsaEncoding: "ieee-p1363" });

const verifyRaw = (key, data, signature) =>
  verify("sha256", Buffer.from(data), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));

/** A signer in @sd-jwt's shape. */
export const sdJwtSigner = (key) => (data) => signRaw(key, data).toString("base64url");

/** The certificates of a PEM text, as X509Certificate. */
export const readCertificates = (pem) => (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text));

/** A private key with the chain that speaks for it, leaf first. */
export function readIdentity(keyPem, chainPem) {
  const chain = readCertificates(chainPem);
  const key = createPrivateKey(keyPem);
  if (!chain[0]?.checkPrivateKey(key)) throw new Error("expected the chain's first certificate to be that of the key");
  return { key, chain, x5c: chain.map((certificate) => certificate.raw.toString("base64")) };
}

/** The URI and DNS names of a certificate. */
export function subjectNames(certificate) {
  const names = (certificate.subjectAltName ?? "").split(", ");
  const named = (kind) => names.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
  return { sanDnsNames: named("DNS:"), sanUriNames: named("URI:") };
}

/** The same of a certificate in base64. */
export const readNames = (text) => subjectNames(new X509Certificate(Buffer.from(text, "base64")));

/** Check an `x5c` chain (base64 DER, leaf first) up to one of `roots`, and return its leaf. */
export function verifyChain(x5c, roots) {
  const chain = x5c.map((text) => new X509Certificate(Buffer.from(text, "base64")));
  const now = new Date();
  const isRoot = (certificate) => roots.some((root) => root.raw.equals(certificate.raw));
  if (chain.length === 0) throw new Error("expected x5c with a certificate");
  if (chain.some(isRoot)) throw new Error("expected x5c without the trust anchor (HAIP 1.0)");
  chain.forEach((certificate, index) => {
    if (now < new Date(certificate.validFrom) || now > new Date(certificate.validTo))
      throw new Error("expected a certificate within its validity");
    const issuers = index + 1 < chain.length ? [chain[index + 1]] : roots;
    const issuer = issuers.find(
      (candidate) => certificate.checkIssued(candidate) && certificate.verify(candidate.publicKey),
    );
    if (!issuer) throw new Error("expected a chain that leads to a trusted root");
    if (!issuer.ca) throw new Error("expected each issuer in the chain to be a CA");
  });
  return chain[0];
}

/** A verifier in @sd-jwt's shape for JWTs that carry `x5c`: credentials and status list tokens. */
export const x5cVerifier = (roots) => (data, signature) => {
  const header = JSON.parse(Buffer.from(data.split(".")[0], "base64url").toString("utf8"));
  if (header.alg !== "ES256") throw new Error(`expected alg ES256, got ${header.alg}`);
  return verifyRaw(verifyChain(header.x5c ?? [], roots).publicKey, data, signature);
};

/** A key binding verifier in @sd-jwt's shape: by the key that the credential's `cnf` names. */
export const keyBindingVerifier = (data, signature, payload) =>
  verifyRaw(createPublicKey({ key: payload.cnf.jwk, format: "jwk" }), data, signature);

/** What every SD-JWT object of @sd-jwt needs beside its keys. */
export const sdJwtBase = {
  hasher: (data, algorithm) => new Uint8Array(sha(typeof data === "string" ? data : Buffer.from(data), algorithm)),
  hashAlg: "sha-256",
  saltGenerator: (length) => randomBytes(length).toString("base64url"),
};

const fingerprint = (jwk) => `${jwk.crv}.${jwk.x}.${jwk.y}`;

/**
 * The callbacks of the @openid4vc packages. `keys` are private keys, found again by their public half; `roots` anchor
 * what is signed with `x5c`; `decryptionKeys` are found by the `kid` of their JWK.
 */
export function callbacks({ keys = [], roots = [], decryptionKeys = {} }) {
  const known = new Map(keys.map((key) => [fingerprint(publicJwk(key)), key]));
  const signerKey = (signer) =>
    signer.method === "x5c"
      ? publicJwk(new X509Certificate(Buffer.from(signer.x5c[0], "base64")).publicKey)
      : signer.publicJwk;
  return {
    hash: (data, algorithm) => new Uint8Array(sha(data, algorithm)),
    generateRandom: (bytes) => new Uint8Array(randomBytes(bytes)),
    getX509CertificateMetadata: readNames,
    signJwt(signer, { header, payload }) {
      const jwk = signerKey(signer);
      const parts = [header, payload].map((part) => base64url.encode(JSON.stringify(part)));
      const input = parts.join(".");
      const signature = signRaw(known.get(fingerprint(jwk)), input).toString("base64url");
      return { jwt: `${input}.${signature}`, signerJwk: jwk };
    },
    verifyJwt(signer, { compact, header }) {
      if (header.alg !== "ES256" || !["jwk", "x5c"].includes(signer.method)) return { verified: false };
      const key =
        signer.method === "x5c"
          ? verifyChain(signer.x5c, roots).publicKey
          : createPublicKey({ key: signer.publicJwk, format: "jwk" });
      const at = compact.lastIndexOf(".");
      const verified = verifyRaw(key, compact.slice(0, at), compact.slice(at + 1));
      return verified ? { verified, signerJwk: publicJwk(key) } : { verified: false };
    },
    async encryptJwe({ publicJwk: jwk, alg, enc, apu, apv }, data) {
      const parameters = { ...(apu && { apu: base64url.decode(apu) }), ...(apv && { apv: base64url.decode(apv) }) };
      const jwe = await new CompactEncrypt(new TextEncoder().encode(data))
        .setProtectedHeader({ alg, enc, ...(jwk.kid && { kid: jwk.kid }) })
        .setKeyManagementParameters(parameters)
        .encrypt(await importJWK(jwk, alg));
      return { jwe, encryptionJwk: jwk };
    },
    async decryptJwe(jwe) {
      const { kid, alg } = decodeProtectedHeader(jwe);
      const jwk = decryptionKeys[kid];
      if (!jwk) return { decrypted: false };
      const { plaintext } = await compactDecrypt(jwe, await importJWK(jwk, alg));
      return { decrypted: true, decryptionJwk: jwk, payload: new TextDecoder().decode(plaintext) };
    },
  };
}
