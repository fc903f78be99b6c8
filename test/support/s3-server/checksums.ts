import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The checksums S3 knows, by the name in their headers. */
export const checksumNames = ['crc32', 'crc32c', 'crc64nvme', 'sha1', 'sha256'] as const;
export type ChecksumName = (typeof checksumNames)[number];

/** Base64 of a checksum, as S3 writes it. */
export function checksumOf(name: ChecksumName, body: Uint8Array): string {
  if (name === 'crc32') return base64OfNumber(BigInt(crc32(body)), 4);
  if (name === 'crc32c') return base64OfNumber(reflectedCrc(body, crc32cTable, 32), 4);
  if (name === 'crc64nvme') return base64OfNumber(reflectedCrc(body, crc64Table, 64), 8);
  return createHash(name).update(body).digest('base64');
}

export function md5Base64(body: Uint8Array): string {
  return createHash('md5').update(body).digest('base64');
}

export function md5Hex(body: Uint8Array): string {
  return createHash('md5').update(body).digest('hex');
}

const crc32cTable = tableOf(0x82f63b78n);
const crc64Table = tableOf(0x9a6c9329ac4bc9b5n);

function tableOf(polynomial: bigint): bigint[] {
  return Array.from({ length: 256 }, (_, byte) => {
    let value = BigInt(byte);
    for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    return value;
  });
}

function reflectedCrc(body: Uint8Array, table: bigint[], bits: number): bigint {
  const ones = (1n << BigInt(bits)) - 1n;
  let crc = ones;
  for (const byte of body) crc = (crc >> 8n) ^ (table[Number((crc ^ BigInt(byte)) & 0xffn)] ?? 0n);
  return crc ^ ones;
}

function base64OfNumber(value: bigint, bytes: number): string {
  return Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex').toString('base64');
}
