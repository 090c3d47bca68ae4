import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { previewStore } from '../../../pipelines/billing/previewStore.ts';
import { aBilling, aNewMember, aUsage, emptied, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

const descriptions = [
  '통화 010.1234.5678',
  'roaming +82(10)2222.3333 / 010/4444/5555',
  '선물하기 김철수 kim@example.com',
  'call 010-9876-5432',
];

describe('the preview of a mail', () => {
  it('names of usage the services alone; a look at it in the clear has what the member reads', async () => {
    const services = ['VOICE', 'ROAMING', '김철수', 'DATA'];
    await billing.members.insertMembers([aNewMember()]);
    await billing.members.insertUsage(
      descriptions.map((description, line) => aUsage({ id: BigInt(line + 1), description, service: services[line] ?? '' })),
    );
    await billing.run('billing.settle', '2026-11');
    const previews = previewStore(billing.database, billing.ring, { address: 'bills@weir.example', name: 'Weir' });
    const [masked, open] = await Promise.all([
      previews.masked({ publicInfoId: 1_001n, billingDate: undefined }),
      previews.open({ publicInfoId: 1_001n, billingDate: undefined }),
    ]);
    for (const part of [masked.mail.text, masked.mail.html]) {
      expect(part).toMatch(/VOICE \*{3}[^]*ROAMING \*{3}[^]*\*{3}[^]*DATA \*{3}/);
      expect(part).not.toMatch(/통화|roaming|선물|김철수|kim|call|1234|2222|4444|9876/);
    }
    for (const description of descriptions) expect(open.mail.text).toContain(description);
  });
});
