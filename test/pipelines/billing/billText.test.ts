import { describe, expect, it } from 'vitest';
import { composeBillText, phoneNumber } from '../../../pipelines/billing/billText.ts';
import { detailsOf } from '../../../pipelines/billing/billingDetails.ts';

describe('the SMS of a bill', () => {
  it.each([
    ['2026-11-01', 10_000n, '[위어] 10월 이용요금 10,000원. 11/30까지 납부해 주세요.'],
    ['2027-01-01', 1_234_567n, '[위어] 12월 이용요금 1,234,567원. 01/31까지 납부해 주세요.'],
    ['2028-02-01', 0n, '[위어] 1월 이용요금 0원. 납부하실 금액이 없습니다.'],
  ])('of %s and %s won', (billingDate, grossMinor, text) => {
    expect(composeBillText({ billingDate, details: detailsOf(grossMinor, []) }, '위어')).toBe(text);
  });

  it.each([
    ['010-1234-5678', '01012345678'],
    ['+82 (10) 1234.5678', '+821012345678'],
  ])('goes to %s as %s', (written, number) => {
    expect(phoneNumber(written)).toBe(number);
  });

  it.each(['', '1234567', '010-1234-5678,010-9999-9999', '010-1234-5678\r\nX: y', '+', 'call me'])('does not go to %j', (written) => {
    expect(() => phoneNumber(written)).toThrow('The SMS was not sent: the member has no phone number of 8 to 15 digits.');
  });
});
