import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { memberStore, type NewMember } from '../../../pipelines/billing/memberStore.ts';
import { codeOf, textOf } from '../../../src/errors.ts';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { createToken } from '../../../src/console/apiTokens.ts';
import { parseKeyRing } from '../../../src/message/keyRing.ts';
import { dayOf } from '../../../pipelines/shared/period.ts';
import type { RecordedSpan } from '../../support/installRecorder.ts';
import { quietNow } from '../../support/quietNow.ts';
import { runWeir, startWeir, type WeirAnswer } from '../../support/weirProcess.ts';
import { aNewMember } from '../billing/aBilling.ts';
import { aMonth } from './aMonth.ts';
import { eventually } from './eventually.ts';
import { everyRow } from './everyRow.ts';
import { theTopic } from './theTopic.ts';

/** In every personal field of every member, and nowhere else. Also in lower case, as an address may be normalised. */
const canary = 'CanaryQ7x';
const escapes = [canary, Buffer.from(canary).toString('base64').slice(0, 11), Buffer.from(canary).toString('hex')];

/** In what members read of their usage, which is kept as another system told it and goes into mails alone. */
const usageCanary = 'UsageW9z';

function canaryMember(index: number, domain: string): NewMember {
  return aNewMember({
    publicInfoId: BigInt(1_001 + index),
    name: `${canary} 김하늘${index}`,
    email: `${canary}.${index}@${domain}`,
    phone: `010-${canary}-${index}`,
  });
}

/** Variables under which processes record spans, and the spans that they have recorded. */
function aSpanFile(): { readonly variables: Readonly<Record<string, string>>; spans(): readonly RecordedSpan[] } {
  const folder = mkdtempSync(join(tmpdir(), 'weir-spans-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'spans');
  const loaded = pathToFileURL(join(import.meta.dirname, '..', '..', 'support', 'spanFile.ts')).href;
  const lines = (): readonly string[] => readFileSync(file, 'utf8').trim().split('\n');
  return {
    variables: { NODE_OPTIONS: `--import=${loaded}`, SPAN_FILE: file },
    spans: () => lines().map((line) => JSON.parse(line) as RecordedSpan),
  };
}

/** The texts in which the canary sings. */
function singing(texts: Readonly<Record<string, string>>, songs = escapes): readonly string[] {
  return Object.entries(texts).flatMap(([where, text]) => {
    const at = songs.map((escape) => text.toLowerCase().indexOf(escape.toLowerCase())).find((found) => found >= 0);
    return at === undefined ? [] : [`${where}: …${text.slice(Math.max(0, at - 60), at + 60)}…`];
  });
}

/** Everything that a viewer is shown of these members: the page, what is live, and the answers to what it asks. */
async function seenBy(token: string, url: string): Promise<Readonly<Record<string, string>>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = async (name: string, body: object): Promise<string> => {
    const address = `${url}/api/${name.replace('.', '/')}`;
    return (await fetch(address, { method: 'POST', headers, body: JSON.stringify(body) })).text();
  };
  const seen: Record<string, string> = { page: await (await fetch(url)).text() };
  for (const path of ['/api/openapi.json', '/api/live']) {
    const { body } = await fetch(url + path, { headers });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ''; !text.includes('}'); seen[path] = text) text += (await reader?.read())?.value ?? '}';
    await reader?.cancel();
  }
  for (let id = 1_001; id <= 1_007; id += 1) {
    for (const name of ['billing.find', 'billing.preview']) seen[`${name} ${id}`] = await ask(name, { publicInfoId: String(id) });
  }
  for (const name of ['overview.show', 'billing.unknown', 'dead-letters.list', 'job.list', 'schedule.list', 'pipelines.list']) {
    seen[name] = await ask(name, {});
  }
  const { letters } = JSON.parse(await ask('dead-letters.list', { topic: emailTopic.name })) as {
    readonly letters: readonly { readonly position: string }[];
  };
  for (const { position } of letters) seen[`letter ${position}`] = await ask('dead-letters.show', { topic: emailTopic.name, position });
  seen['pipeline'] = await ask('pipelines.show', { pipeline: 'billing.deliver' });
  // Somebody was shown, and enough to recognise him.
  expect(letters).toHaveLength(3);
  expect(seen['billing.find 1002']).toContain('C***@mail.example');
  expect(seen['billing.preview 1003']).toContain('C***@refused.example');
  expect(seen['billing.preview 1003']).toContain('DATA ***');
  return seen;
}

describe('personal data', () => {
  it('is in the mails and nowhere else in clear: not on the page of a viewer, in logs, metrics, results, tables, streams, dead letters or spans', async () => {
    const month = await aMonth();
    const recorded = aSpanFile();
    const variables = { ...month.environment, ...recorded.variables, WEIR_LOG_LEVEL: 'debug' };
    const domains = ['mail.example', 'mail.example', 'refused.example', 'gone.example', 'later.example', 'echo.example'];
    const members = domains.map((domain, index) => canaryMember(index, domain));
    await month.load([...members, { ...canaryMember(6, 'mail.example'), quietHours: quietNow() }], (member, line) => ({
      description: `선물 ${usageCanary}.김철수 ${usageCanary}@mail.example 010.${usageCanary}.5678`,
      ...(member.publicInfoId === 1_002n && line === 1 ? { amountMinor: -7n } : {}),
    }));
    // A mail server repeats in its replies what it was told, in whatever spelling.
    const echo = (address: string, reply: string): string => `${reply} <${address.toLowerCase()}> ${address} "${canary} 김하늘"`;
    const { faults } = month.inbox;
    faults.add({
      phase: 'rcpt',
      to: '@refused.example',
      action: { kind: 'reply', text: echo(`${canary}.2@refused.example`, '550 5.1.1 no mailbox') },
    });
    faults.add({ phase: 'dot', to: '@gone.example', action: { kind: 'cut' } });
    faults.add({
      phase: 'rcpt',
      to: '@later.example',
      action: { kind: 'reply', text: echo(`${canary}.4@later.example`, '451 4.7.1 later for') },
    });
    faults.add({
      phase: 'dot',
      to: '@echo.example',
      action: { kind: 'reply', text: echo(`${canary}.5@echo.example`, '250 2.0.0 queued for') },
    });
    const answers: Record<string, WeirAnswer> = {};
    const say = async (...words: readonly string[]): Promise<void> => {
      answers[words.join(' ')] = await runWeir(variables, ...words);
    };
    const settle = ['run', '--job', 'billing.settle', '--key', month.month.billing];
    await say(...settle, '--dry-run');
    await say(...settle);
    await say('run', '--job', 'billing.dispatch', '--key', dayOf(month.month.billing, 15));
    await say('job', 'show', '1');
    const topic = await theTopic(month.redisUrl);
    const published = await topic.everything();
    await topic.append('key', '1', 'value', '{"version":1,"billId":');
    // A member whose row was copied from another: it does not open, and its envelope must not be told either.
    await month.database.execute('UPDATE billing.member SET email = phone WHERE public_info_id = 1001');

    const weir = startWeir(variables, 'run', '--profile', 'consumer');
    await eventually('everything is settled', async () => (await topic.unread()) === 0 && (await topic.pending()) === 0);
    await eventually('every dead letter is logged', async () => {
      const logged = await month.database.query('SELECT FROM billing.email_fail_log WHERE origin IS NOT NULL');
      return logged.length === 3;
    });
    const { text: metrics } = await weir.ask('/metrics');
    const viewer = await createToken(month.database, { name: 'viewer', role: 'viewer', at: new Date(), by: 'test' });
    const seen = await seenBy(viewer, await weir.adminUrl());
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    // One opened badly and one was refused: FAILED; one was lost after its dot: parked in SENDING; one waits, one is quiet.
    expect(await month.bills()).toEqual({ COMPLETED: 1, FAILED: 2, IN_QUIET_HOUR: 1, SENDING: 1, SEND_PENDING: 1 });
    expect(metrics).toMatch(/weir_dead_letters_total\{pipeline="billing.deliver",stage="record",code="refused"\} 1/);

    const letters = await topic.deadLetters();
    expect(letters.map(({ headers }) => headers['weir-code']).sort()).toEqual(['decryption', 'refused', 'undecodable']);
    const rows = await everyRow(month.database);
    expect(rows['billing.email_fail_log']).toHaveLength(3);
    expect(Object.keys(rows).length).toBeGreaterThan(12);
    const results = Object.entries(answers).map(([words, { output, errors }]) => [words, output + errors] as const);
    const tables = Object.entries(rows).map(([table, contents]) => [table, contents.join('\n')] as const);
    const spans = recorded.spans();
    const processed = spans.filter(({ name }) => name === 'billing.deliver process');
    const outcomes = Map.groupBy(processed, ({ attributes }) => attributes['weir.outcome']);
    expect([...outcomes].map(([outcome, { length }]) => [outcome, length])).toEqual(
      expect.arrayContaining([
        ['done', 1],
        ['dead', 3],
        ['deferred', 3],
      ]),
    );
    // What the job published goes on in another process, in the traces that began there.
    const begun = spans.filter(({ kind }) => kind === 'PRODUCER').map(({ traceId }) => traceId);
    expect(processed.filter(({ traceId }) => begun.includes(traceId))).toHaveLength(6);
    const told = {
      metrics,
      ...seen,
      spans: JSON.stringify(spans),
      published,
      log: weir.errors(),
      topic: await topic.everything(),
      ...Object.fromEntries(results),
    };
    expect(singing({ ...told, ...Object.fromEntries(tables) })).toEqual([]);
    expect(singing(told, [usageCanary])).toEqual([]);
    // It was there to be told.
    expect(singing(Object.fromEntries(tables), [usageCanary])).not.toEqual([]);
  });

  it('is not in the errors of rows that the database refuses', async () => {
    const month = await aMonth();
    const store = memberStore(month.database, parseKeyRing(month.environment['WEIR_KEYS_RING'] ?? ''));
    const member = canaryMember(0, 'mail.example');
    await store.insertMembers([member]);
    const wrong = [
      [member],
      [{ ...member, publicInfoId: 2n, sendDay: 3 }],
      [{ ...member, publicInfoId: 2n, birthDate: canary }],
      [{ ...member, publicInfoId: 2n, quietHours: { start: canary, end: '08:00', zone: 'Asia/Seoul' } }],
      [{ ...member, publicInfoId: 2n, quietHours: { start: '22:00', end: '08:00', zone: canary } }],
    ];
    for (const [at, members] of wrong.entries()) {
      const error: unknown = await store.insertMembers(members).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(codeOf(error)).toBe('constraint');
      expect(singing({ [at]: `${textOf(error)} ${String(error)} ${(error as Error).stack ?? ''}` })).toEqual([]);
    }
    expect(singing({ rows: JSON.stringify(await everyRow(month.database)) })).toEqual([]);
  });
});
