import { z } from 'zod';
import { Problem } from '../../http/problem.ts';
import { listAudit } from '../listAudit.ts';
import { defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';

/** What operators did: all of it for admins, for others what they did themselves, so that nobody is left in doubt about an action of his own. */
export const listAuditRoute = defineQuestion({
  name: 'audit.list',
  about: 'list what operators did, the latest first: an admin is shown all of it, an operator what he did himself',
  role: 'operator',
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
  answer: async ({ database }: HousePorts, { before, ...filter }, { name, role }) => {
    const actor = role === 'admin' ? filter.actor : name;
    if (filter.actor !== undefined && filter.actor !== actor) {
      throw new Problem(403, `what others did needs the role admin; ${name} is ${role}`);
    }
    const rows = await listAudit(database, { ...filter, actor, before: before === undefined ? undefined : BigInt(before) });
    return rows.map((row) => ({ ...row, id: row.id.toString(), at: row.at.toISOString() }));
  },
});
