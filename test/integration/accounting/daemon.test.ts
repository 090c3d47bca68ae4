import PostalMime from 'postal-mime';
import { expect, it, vi } from 'vitest';
import { say } from '../../commandLine/aPlace.ts';
import { anOperatedMonth } from '../console/aDaemon.ts';

vi.setConfig({ testTimeout: 60_000 });

it('a daemon answers for running totals, and a run mails them over a real server, once', async () => {
  const { database, environment, inbox, ...month } = await anOperatedMonth('viewer');
  await database.execute(`INSERT INTO statistics.daily_accounting_statistics (report_day, manual_cancel_amount)
    VALUES ('2025-01-01', 1000000.50), ('2025-12-31', -0.25)`);
  const weir = await month.start('--profile', 'accounting');
  const words = ['report', 'cumulative', '--column', 'manual_cancel_amount', '--from', '2025-01-01', '--show', '2025-12-30..2025-12-31'];
  expect((await month.say(...words)).answer).toMatchObject({
    days: [
      { day: '2025-12-30', totalDecimal: '1000000.50' },
      { day: '2025-12-31', totalDecimal: '1000000.25' },
    ],
  });
  expect(await weir.stop()).toEqual({ code: 0, signal: null });

  const job = [
    'run',
    '--job',
    'accounting.cumulativeReport',
    '--key',
    '2025-12-31',
    '--set',
    'accounting.cumulativeReport.recipients=kim@house.example',
  ];
  const first = await say(job, { ...environment, WEIR_LOG_LEVEL: 'error' });
  expect(first).toMatchObject({ exitCode: 0, output: expect.stringContaining('1,000,000.25') as string });
  const received = inbox.received();
  expect(received).toHaveLength(1);
  const mail = await PostalMime.parse(received[0]?.raw ?? '', { attachmentEncoding: 'utf8' });
  expect(mail.subject).toBe('manual_cancel_amount up to 2025-12-31: 1,000,000.25');
  expect(mail.attachments).toMatchObject([
    {
      filename: 'cumulative-2025-12-31.csv',
      mimeType: 'text/csv',
      content: expect.stringContaining('2025-12-31,1000000.25\r\n') as string,
    },
    { filename: 'cumulative-2025-12-31.svg', mimeType: 'image/svg+xml', content: expect.stringContaining('</svg>') as string },
  ]);
  expect(await say(job, { ...environment, WEIR_LOG_LEVEL: 'error' })).toMatchObject({ exitCode: 3 });
  expect(inbox.count()).toBe(1);
});
