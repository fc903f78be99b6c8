import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly certificate: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  readonly name: string;
}

export interface CertificateOptions {
  /** Common name of the subject. */
  readonly name: string;
  /** DNS names in subjectAltName. */
  readonly hosts?: readonly string[];
  /** IPv4 addresses in subjectAltName. */
  readonly addresses?: readonly string[];
  /** Who signs; the certificate signs itself when absent. */
  readonly issuer?: Certificate;
  /** Makes it an authority, which may issue others. */
  readonly authority?: boolean;
  /** End of validity; in ten years when absent. */
  readonly expires?: Date;
}

const ecdsaWithSha256 = sequence(objectId([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));

/** A new X.509 v3 certificate (RFC 5280) with an ECDSA P-256 key: Node.js can read but not make them. */
export function createCertificate(options: CertificateOptions): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const body = certificateBody(options, publicKey);
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signature = sign('sha256', body, options.issuer?.key ?? key);
  const der = sequence(body, ecdsaWithSha256, bitString(signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  const certificate = `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
  return { certificate, key, name: options.name };
}

function certificateBody(options: CertificateOptions, publicKey: KeyObject): Buffer {
  const { name, issuer, expires = new Date(Date.now() + 3650 * 86_400_000) } = options;
  const serial = Buffer.concat([Buffer.of(0x01), randomBytes(15)]);
  return sequence(
    tagged(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ecdsaWithSha256,
    distinguishedName(issuer?.name ?? name),
    sequence(time(new Date(2020, 0, 1)), time(expires)),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(options))),
  );
}

function extensions({ hosts = [], addresses = [], authority = false }: CertificateOptions): Buffer[] {
  const list: Buffer[] = [];
  const isAuthority = authority ? [der(0x01, Buffer.of(0xff))] : [];
  // basicConstraints, critical
  list.push(
    sequence(objectId([0x55, 0x1d, 0x13]), der(0x01, Buffer.of(0xff)), octets(sequence(...isAuthority))),
  );
  const names = [
    ...hosts.map((host) => der(0x82, Buffer.from(host, 'ascii'))),
    ...addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number)))),
  ];
  // subjectAltName
  if (names.length > 0) list.push(sequence(objectId([0x55, 0x1d, 0x11]), octets(sequence(...names))));
  return list;
}

function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(objectId([0x55, 0x04, 0x03]), der(0x0c, Buffer.from(commonName, 'utf8')));
  return sequence(tagged(0x31, attribute));
}

function time(date: Date): Buffer {
  const text = `${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`;
  // RFC 5280: UTCTime through 2049, GeneralizedTime from then on.
  return date.getUTCFullYear() < 2050 ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

function objectId(encoded: readonly number[]): Buffer {
  return der(0x06, Buffer.from(encoded));
}

function octets(content: Buffer): Buffer {
  return der(0x04, content);
}

function bitString(content: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.of(0), content]));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function tagged(tag: number, content: Buffer): Buffer {
  return der(tag, content);
}

/** One element in DER: tag, length in its shortest form, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const header = length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(header), content]);
}
