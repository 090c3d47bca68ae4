import type { MemberUsage } from '../../../../pipelines/billing/bill.ts';

/** A member who earns no discount, with 50,000 won of usage on five lines. */
export function aMember(changes: Partial<MemberUsage> = {}): MemberUsage {
  return {
    publicInfoId: 1_001n,
    sendDay: 15,
    grossMinor: 50_000n,
    lowestLineMinor: 1_000n,
    usageId: 9_005n,
    lineCount: 5,
    contractMonths: 0,
    birthDate: '1990-05-20',
    addonGrade: 0,
    joinedDate: '2026-01-15',
    familyLines: 1,
    ...changes,
  };
}
