import { parseArgs } from 'node:util';
import { startS3Server } from './server.ts';

/**
 * The test server by hand: `node test/support/s3-server/main.ts [--port N] [--checksums checked|ignored|refused] [--opaque-etags]`.
 * Prints its endpoint and credentials as shell assignments; ends with SIGINT or SIGTERM.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    checksums: { type: 'string', default: 'checked' },
    conditions: { type: 'string', default: 'checked' },
    'opaque-etags': { type: 'boolean', default: false },
  },
});

function modeOf(text: string): 'checked' | 'ignored' | 'refused' {
  if (text === 'checked' || text === 'ignored' || text === 'refused') return text;
  throw new Error(`${text} is none of checked, ignored, refused`);
}

const server = await startS3Server({
  port: Number(values.port),
  checksums: modeOf(values.checksums),
  conditions: modeOf(values.conditions),
  md5Etags: !values['opaque-etags'],
});
console.log(`export AWS_ENDPOINT_URL_S3=${server.endpoint}`);
console.log(`export AWS_ACCESS_KEY_ID=${server.accessKeyId}`);
console.log(`export AWS_SECRET_ACCESS_KEY=${server.secretAccessKey}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.stop());
