import type { NewMember, NewUsage } from '../../pipelines/billing/memberStore.ts';
import type { QuietHours } from '../../pipelines/shared/quietHours.ts';
import { dayOf, type Period } from '../../pipelines/shared/period.ts';

/** The members of the demo, and what they used. The same numbers give the same people. */
export interface People {
  readonly members: readonly NewMember[];
  readonly usage: readonly NewUsage[];
  /** Members whose address the mail server refuses for good. */
  readonly refused: number;
  /** Members whose mail server says "later" at first. */
  readonly greylisted: number;
  /** Members with a line of usage that cannot be billed: their row is put aside. */
  readonly unbillable: number;
}

/** The domain that the demo's mail server refuses. */
export const refusedDomain = 'refused.example';

/** The domain that the demo's mail server makes wait. */
export const greylistedDomain = 'greylisted.example';

const familyNames = ['김', '이', '박', '최', '정', '강', '조', '윤', '장', '임'];
const givenNames = ['하늘', '서연', '민준', '지우', '도윤', '서준', '예은', '시우', '하은', '지호'];
const zones = ['Asia/Seoul', 'Asia/Seoul', 'Asia/Seoul', 'Asia/Tokyo', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe'];
const services = [
  { service: 'VOICE', description: '음성 통화', amount: 4_000 },
  { service: 'DATA', description: '데이터 추가', amount: 11_000 },
  { service: 'ROAMING', description: '로밍', amount: 7_500 },
  { service: 'CONTENT', description: '부가 콘텐츠', amount: 3_300 },
  { service: 'PLAN', description: '5G 요금제', amount: 39_000 },
] as const;

/** Makes `count` members with five lines of usage each in `usageMonth`. */
export function people(count: number, usageMonth: Period): People {
  const members = Array.from({ length: count }, (_, index) => member(index));
  const unbillable = new Set([17, 1_017].filter((index) => index < count));
  const usage = members.flatMap(({ publicInfoId }, index) =>
    services.map((service, line): NewUsage => {
      const amount = BigInt(service.amount + spread(index * 5 + line, 9) * 1_000);
      return {
        id: BigInt(index * 5 + line + 1),
        publicInfoId,
        usedOn: dayOf(usageMonth, 1 + spread(index + line, 28)),
        service: service.service,
        description: service.description,
        quantity: BigInt(1 + spread(index + line, 40)),
        amountMinor: unbillable.has(index) && line === 0 ? -amount : amount,
      };
    }),
  );
  const at = (domain: string): number => members.filter(({ email }) => email.endsWith(`@${domain}`)).length;
  return { members, usage, refused: at(refusedDomain), greylisted: at(greylistedDomain), unbillable: unbillable.size };
}

function member(index: number): NewMember {
  const joinedYear = 2012 + spread(index, 13);
  const zone = pick(zones, index * 5);
  return {
    publicInfoId: BigInt(100_000 + index),
    name: `${pick(familyNames, index)}${pick(givenNames, index * 7 + 3)}`,
    email: `member${index}@${domainOf(index)}`,
    phone: `010-${String(1_000 + spread(index, 9_000))}-${String(1_000 + spread(index * 3, 9_000))}`,
    birthDate: `${1_950 + spread(index, 55)}-${two(1 + spread(index * 3, 12))}-${two(1 + spread(index, 28))}`,
    joinedDate: `${joinedYear}-${two(1 + spread(index * 11, 12))}-01`,
    contractMonths: [0, 12, 24, 36][spread(index, 4)] ?? 0,
    addonGrade: spread(index * 13, 4),
    familyLines: 1 + spread(index * 17, 5),
    sendDay: index % 2 === 0 ? 15 : 21,
    quietHours: quietHours(index, zone),
  };
}

function domainOf(index: number): string {
  if (index % 400 === 399) return refusedDomain;
  return index % 500 === 250 ? greylistedDomain : `mail${spread(index, 5)}.example`;
}

/** Of those who sleep at night, and of one who works at night. */
const habits = [
  ['22:00', '07:00'],
  ['23:30', '06:30'],
  ['21:00', '08:15'],
  ['08:00', '16:30'],
] as const;

/** A third have none. */
function quietHours(index: number, zone: string): QuietHours {
  if (index % 3 === 0) return { start: null, end: null, zone };
  const [start, end] = pick(habits, index * 19);
  return { start, end, zone };
}

/** 0 to `below` - 1, evenly and always the same for the same number. */
function spread(seed: number, below: number): number {
  return Math.floor((Math.imul(seed + 1, 2_654_435_761) >>> 0) / 65_536) % below;
}

function pick<T>(from: readonly T[], seed: number): T {
  return from[spread(seed, from.length)] as T;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
