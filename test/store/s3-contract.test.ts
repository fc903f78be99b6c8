import { openStore } from '../../src/store/open-store.ts';
import { describeStore } from './contract.ts';
import { freshBucket, openDriver, openS3, quickRetries, s3Server } from './s3-fixture.ts';

const server = await s3Server({ pageSize: 3 });
describeStore('S3Store', { open: () => openDriver(server), ifMatch: true });
describeStore('S3Store with its decorators', { open: () => openS3(server), ifMatch: true });

const wholeBucket = async () => {
  const store = await openStore(`s3://${freshBucket()}`, { ...quickRetries, endpointUrl: server.endpoint });
  await store.prepare();
  return store;
};
describeStore('S3Store on a whole bucket', { open: wholeBucket, ifMatch: true });
