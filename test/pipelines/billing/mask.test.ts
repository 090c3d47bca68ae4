import { describe, expect, it } from 'vitest';
import { maskEmail, maskName, maskPhone, maskUsage } from '../../../pipelines/billing/mask.ts';

describe('masked personal data', () => {
  it.each([
    ['홍길동', '홍*동'],
    ['남궁민수', '남**수'],
    ['김구', '김*'],
    ['김', '김*'],
    ['', '*'],
    ['👩‍👩‍👧 x y', '👩‍👩‍👧***y'],
  ])('of the name %j is %j', (name, masked) => {
    expect(maskName(name)).toBe(masked);
  });

  it.each([
    ['gildong@example.com', 'g***@example.com'],
    ['@example.com', '***@example.com'],
    ['no address', '***'],
  ])('of the address %j is %j', (address, masked) => {
    expect(maskEmail(address)).toBe(masked);
  });

  it.each([
    ['010-1234-5678', '***-5678'],
    ['none', '***-'],
  ])('of the number %j is %j', (phone, masked) => {
    expect(maskPhone(phone)).toBe(masked);
  });

  it.each([
    ['DATA', 'DATA ***'],
    ['data', '***'],
    ['김철수', '***'],
    ['', '***'],
  ])('of usage of the service %j is %j', (service, masked) => {
    expect(maskUsage(service)).toBe(masked);
  });
});
