import { describe, expect, test } from 'vitest';
import { bytesOf } from './bytes.ts';
import { describeStore } from './contract.ts';
import { openDriver, openS3, s3Server } from './s3-fixture.ts';

const overlooking = await s3Server({ checksums: 'ignored' });
describeStore('S3Store on a store that overlooks checksums', {
  open: () => openDriver(overlooking),
  ifMatch: true,
});

const refusing = await s3Server({ checksums: 'refused', errorMessages: false });
describeStore('S3Store on a store that refuses checksums', {
  open: () => openDriver(refusing),
  ifMatch: true,
});

const careless = await s3Server({ conditions: 'ignored', md5Etags: false });
describeStore('S3Store on a store that overlooks conditions', {
  open: () => openDriver(careless),
  ifMatch: false,
});

const strict = await s3Server({ conditions: 'refused', errorMessages: false });
describeStore('S3Store on a store that refuses conditions', {
  open: () => openDriver(strict),
  ifMatch: false,
});

describe('whether a store honours conditions is found out by the first conditional put', () => {
  test.each([
    ['checked', true],
    ['ignored', false],
    ['refused', false],
  ] as const)('%s', async (conditions, honoured) => {
    const server = await s3Server({ conditions });
    const bucket = 'bucket-of-conditions';
    server.createBucket(bucket);
    const [one, other] = [await openS3(server, {}, bucket), await openS3(server, {}, bucket)];
    await one.put('lease.json', Buffer.from('one'), { ifAbsent: true });
    const before = server.requests.length;
    expect(await one.honoursConditions()).toBe(honoured);
    expect(server.requests.length).toBe(before);
    // One that knows nothing yet looks before it overwrites (law 5).
    const second = other.put('lease.json', Buffer.from('other'), { ifAbsent: true });
    await expect(second).rejects.toMatchObject({ code: 'E_STORE_OBJECT_EXISTS' });
    expect(bytesOf(await one.get('lease.json'))).toBe('one');
    // One that does not know asks by a probe.
    expect(await (await openS3(server, {}, bucket)).honoursConditions()).toBe(honoured);
  });
});
