import { beforeAll, describe, expect, it } from 'vitest';
import { bindRoutes } from '../../../src/console/boundRoute.ts';
import type { HousePorts } from '../../../src/console/house/housePorts.ts';
import { listAuditRoute } from '../../../src/console/house/listAuditRoute.ts';
import { writeAudit } from '../../../src/runtime/audit.ts';
import { anApi, type AnApi } from './anApi.ts';

let api: AnApi;

beforeAll(async () => {
  api = await anApi((database) => bindRoutes([listAuditRoute], { database } as unknown as HousePorts));
  for (const role of ['operator', 'admin'] as const) {
    const facts = { action: 'job.run', target: undefined, input: {}, result: null };
    await writeAudit(api.database, { at: new Date(), actor: { name: role, reason: `by ${role}` }, role, ...facts });
  }
});

describe('the audit', () => {
  it('is shown whole to an admin, of one actor where one is asked for', async () => {
    const { body } = await api.ask(api.tokens.admin, 'audit.list');
    expect(body).toMatchObject([{ actor: 'admin' }, { actor: 'operator' }]);
    expect((await api.ask(api.tokens.admin, 'audit.list', { actor: 'operator' })).body).toMatchObject([{ reason: 'by operator' }]);
  });

  it('shows an operator what he did himself, and says of what others did who may read it', async () => {
    expect((await api.ask(api.tokens.operator, 'audit.list')).body).toMatchObject([{ reason: 'by operator' }]);
    expect((await api.ask(api.tokens.operator, 'audit.list', { actor: 'operator' })).body).toHaveLength(1);
    expect(await api.ask(api.tokens.operator, 'audit.list', { actor: 'admin' })).toMatchObject({
      status: 403,
      body: { detail: 'what others did needs the role admin; operator is operator' },
    });
  });

  it('is not shown to whoever may not act', async () => {
    expect((await api.ask(api.tokens.viewer, 'audit.list')).status).toBe(403);
  });
});
