import { z } from 'zod';
import { listAudit } from '../listAudit.ts';
import { defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';

/** What operators did. */
export const listAuditRoute = defineQuestion({
  name: 'audit.list',
  about: 'list what operators did, the latest first',
  role: 'admin',
  input: z.strictObject({
    actor: z.string().max(200).optional().meta({ description: 'only what this token, or cli:user@host, did' }),
    action: z.string().max(100).optional().meta({ description: 'only this action, as job.run' }),
    before: z
      .string()
      .regex(/^\d{1,18}$/, 'expected a number')
      .optional()
      .meta({ description: 'older than the row with this number' }),
    limit: z.int().min(1).max(1_000).default(50).meta({ description: 'rows at most (default 50)' }),
  }),
  answer: async ({ database }: HousePorts, { before, ...filter }) => {
    const rows = await listAudit(database, { ...filter, before: before === undefined ? undefined : BigInt(before) });
    return rows.map((row) => ({ ...row, id: row.id.toString(), at: row.at.toISOString() }));
  },
});
