import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dispatch } from '../../../pipelines/billing/dispatch.job.ts';
import { changedRelease, type Change } from './changedRelease.ts';

/** The version of its dispatch's plan: daemons of this release do not work on a run of it. */
export const nextPlanVersion = dispatch.planVersion + 1;

/** What the next release changes, each text once in its file. */
const changes: readonly Change[] = [
  ...[
    ['export const dispatchedBillVersion = 1;', 'export const dispatchedBillVersion = 2;'],
    [
      'const versions =',
      'const versionTwo = versionOne.extend({ version: z.literal(2), locale: z.string().length(2) });\nconst versions =',
    ],
    ['    quietHours: bill.quietHours,', '    quietHours: bill.quietHours,\n    locale: bill.locale,'],
    ['versionOne.safeParse(message)', 'versionTwo.safeParse(message)'],
    ['schema: versionOne,', 'schema: z.union([versionOne, versionTwo]),'],
  ].map(([from = '', to = '']) => ({ file: 'pipelines/billing/dispatchedBill.ts', from, to })),
  { file: 'pipelines/billing/dispatchStore.ts', from: 'member.email_domain, ', to: 'member.locale, member.email_domain, ' },
  { file: 'pipelines/billing/dispatchStore.ts', from: 'billId: row.id,', to: 'billId: row.id,\n    locale: row.locale,' },
  {
    file: 'pipelines/billing/dispatch.job.ts',
    from: `planVersion: ${dispatch.planVersion},`,
    to: `planVersion: ${nextPlanVersion},`,
  },
];

/** Old programs go on: they neither read nor write the column. */
const expansion = `ALTER TABLE billing.member ADD COLUMN locale text NOT NULL DEFAULT 'ko';`;

/**
 * Makes the next release of Weir in a folder and returns the folder: messages of version 2, which carry a column that its migration
 * adds, and a newer plan of the dispatch. It reads both versions. Removed at the end of the file.
 */
export async function nextRelease(): Promise<string> {
  const folder = await changedRelease(changes);
  await writeFile(join(folder, 'migrations', '9000_locale.sql'), expansion);
  return folder;
}
