import { describeStore } from './contract.ts';
import { openDriver, s3Server } from './s3-fixture.ts';

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
