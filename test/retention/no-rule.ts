import type { RetentionPolicy } from '../../src/retention/policy.ts';

/** A policy that keeps nothing but what retention keeps in any case. */
export const noRule: RetentionPolicy = {
  keepLast: undefined,
  keepHourly: undefined,
  keepDaily: undefined,
  keepWeekly: undefined,
  keepMonthly: undefined,
  keepYearly: undefined,
  keepWithin: undefined,
};
