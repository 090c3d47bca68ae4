import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { composeBillMail, type BillContent } from '../../../pipelines/billing/billMail.ts';

const sender = { name: '위어텔레콤', address: 'billing@weir.example' };

function aContent(changes: Partial<BillContent> = {}): BillContent {
  return {
    billId: 783_261_098_765_432_101n,
    billingDate: '2026-11-01',
    recipient: { name: '홍길동', address: 'gildong@example.com' },
    details: {
      discounts: [{ type: 'CONTRACT', amountMinor: 7_780n, description: '12개월 약정 할인 10%' }],
      totalDiscountMinor: 7_780n,
      finalAmountMinor: 70_020n,
    },
    lines: [
      { label: '5G 요금제', amountMinor: 69_000n },
      { label: '부가서비스', amountMinor: 8_800n },
    ],
    ...changes,
  };
}

test('the mail says who pays how much for which month, and until when', () => {
  const mail = composeBillMail(aContent(), sender);
  expect(mail).toMatchObject({
    from: sender,
    to: { name: '홍길동', address: 'gildong@example.com' },
    subject: '[위어텔레콤] 2026년 10월 이용요금 70,020원',
    headers: { 'Auto-Submitted': 'auto-generated' },
  });
  for (const body of [mail.text, mail.html]) {
    for (const part of [
      '홍길동 님',
      '2026년 10월',
      '70,020',
      '2026년 11월 30일',
      '5G 요금제',
      '69,000원',
      '77,800원',
      '12개월 약정 할인 10%',
      '−7,780원',
      '0NQNKT734QD95',
    ]) {
      expect(body).toContain(part);
    }
  }
});

test('the plain text reads like a letter', () => {
  expect(composeBillMail(aContent(), sender).text).toMatchInlineSnapshot(`
    "홍길동 님,
    2026년 10월 이용요금을 알려드립니다.

    청구 금액  70,020원
    납부 기한 2026년 11월 30일

    이용 내역
      5G 요금제  69,000원
      부가서비스  8,800원
      이용요금 합계  77,800원

    할인
      12개월 약정 할인 10%  −7,780원
      할인 합계  −7,780원

    청구번호 0NQNKT734QD95
    이 메일은 발신 전용입니다. 문의는 고객센터로 연락해 주세요.
    위어텔레콤
    "
  `);
});

test('the Message-ID is that of the bill, however often and to whomever it is sent', () => {
  const id = '<bill.783261098765432101.202611@weir.example>';
  expect(composeBillMail(aContent(), sender).messageId).toBe(id);
  expect(composeBillMail(aContent({ recipient: { name: '김철수', address: 'new@example.org' } }), sender).messageId).toBe(id);
  expect(composeBillMail(aContent({ billId: 5n }), sender).messageId).not.toBe(id);
});

test('the usage of a January bill is that of December', () => {
  expect(composeBillMail(aContent({ billingDate: '2027-01-01' }), sender).subject).toContain('2026년 12월');
});

describe('a bill of nothing', () => {
  const mail = composeBillMail(
    aContent({
      details: {
        discounts: [{ type: 'BIRTHDAY', amountMinor: 5_000n, description: '생일 축하 할인' }],
        totalDiscountMinor: 5_000n,
        finalAmountMinor: 0n,
      },
      lines: [{ label: '무료 통화', amountMinor: 0n }],
    }),
    sender,
  );

  test('shows its zeros, and asks for no payment', () => {
    for (const body of [mail.text, mail.html]) {
      expect(body).toContain('납부하실 금액이 없습니다.');
      expect(body).not.toContain('납부 기한');
    }
    expect(mail.text).toContain('무료 통화  0원');
    expect(mail.text).toContain('청구 금액  0원');
  });
});

test('without discounts there is no list of them', () => {
  const mail = composeBillMail(aContent({ details: { discounts: [], totalDiscountMinor: 0n, finalAmountMinor: 77_800n } }), sender);
  expect(mail.text).not.toContain('할인');
  expect(mail.html).not.toContain('할인');
});

test('text of people is escaped in HTML and untouched in plain text', () => {
  const name = `O'Neil & <b>김</b> {{fee}}`;
  const mail = composeBillMail(
    aContent({ recipient: { name, address: 'a@example.com' }, lines: [{ label: '<script>1</script>', amountMinor: 1n }] }),
    sender,
  );
  expect(mail.html).toContain('O&#x27;Neil &amp; &lt;b&gt;김&lt;/b&gt; {{fee}}');
  expect(mail.html).not.toContain('<script>');
  expect(mail.text).toContain(`${name} 님,`);
  expect(mail.to.name).toBe(name);
});

test('line breaks in names and labels become spaces, in headers and in the text', () => {
  const breaks = '홍\r\nBcc: all@example.com\u2028길동';
  const mail = composeBillMail(
    aContent({ recipient: { name: breaks, address: 'a@example.com' }, lines: [{ label: 'a\n총액 0원', amountMinor: 1n }] }),
    {
      ...sender,
      name: '위어\r\nSubject: x',
    },
  );
  expect(mail.to.name).toBe('홍 Bcc: all@example.com 길동');
  expect(mail.subject).toBe('[위어 Subject: x] 2026년 10월 이용요금 70,020원');
  expect(mail.text).toContain('  a 총액 0원  1원\n');
});

describe('the templates', () => {
  const folder = new URL('../../../pipelines/billing/templates/', import.meta.url);
  const templates = readdirSync(folder).map((name) => [name, readFileSync(new URL(name, folder), 'utf8')] as const);

  test.each(templates)('%s never leaves a value unescaped nor runs a partial', (_, source) => {
    expect(source).not.toMatch(/\{\{\{|\{\{&|\{\{>/);
  });

  test.each(templates)('%s quotes every attribute, and fetches nothing from elsewhere', (_, source) => {
    expect(source).not.toMatch(/=\{\{/);
    expect(source).not.toMatch(/<img|<link|<script|https?:|url\(/i);
  });
});
