import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute and more: one of them at the end would leave the other workers idle. */
const slow = [
  'oracle/',
  'demo/',
  'retention/compact',
  'failures/s3',
  'store/ceph-contract',
  'failures/store-content',
  'backup/incremental',
  'verify/random-damage',
  'interrupted/',
  'restore/partitions',
  'restore/majors',
];

/** Begins with the slow files; the others follow in the order of vitest. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = ({ moduleId }: TestSpecification) => slow.some((part) => moduleId.includes(`/${part}`));
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}
