import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systems } from '../../pipelines/index.ts';
import { readLimitMs } from '../../pipelines/remittance/booksStore.ts';
import { houseRoutes } from '../../src/console/house/houseRoutes.ts';
import type { Clock } from '../../src/message/clock.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { say } from './aPlace.ts';

interface Asked {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

const folder = mkdtempSync(join(tmpdir(), 'weir-routes-'));
const asked: Asked[] = [];
let answer: { status: number; text: string; headers?: Readonly<Record<string, string>> };
let server: Server;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      asked.push({ path: request.url, authorization: request.headers.authorization, body: JSON.parse(text) as unknown });
      response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(answer.text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  environment = { WEIR_ADMIN_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, WEIR_TOKEN: 'weir_1_secret' };
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

describe('a command that was made from a route', () => {
  it('sends what its schema takes, numbers as numbers, by place and by name, and no more', async () => {
    answer = { status: 200, text: '{"replay":"1","selected":3}' };
    const words = ['dead-letters', 'replay', 'mails', '--up-to', '5-1', '--expect', '3', '--code', '404', '--reason', 'mended'];
    expect(await say(words, environment)).toEqual({ exitCode: 0, errors: '', output: expect.stringContaining('selected') as string });
    expect(asked.at(-1)).toEqual({
      ...{ path: '/api/dead-letters/replay', authorization: 'Bearer weir_1_secret' },
      body: { topic: 'mails', upTo: '5-1', expect: 3, code: '404', reason: 'mended' },
    });
  });

  it('waits half a minute for its answer, or as long as its route says', async () => {
    answer = { status: 200, text: '{}' };
    const limits: number[] = [];
    const after: Clock['after'] = (ms, act) => {
      limits.push(ms);
      return realClock.after(ms, act);
    };
    for (const verb of ['list', 'check']) await say(['remittance', verb], environment, { ...realClock, after });
    expect(limits).toEqual([30_000, readLimitMs + 30_000]);
  });

  it('prints what a check has found like any other answer, and ends with 1', async () => {
    const about = { result: 'the books are right', findings: [] as object[] };
    answer = { status: 200, text: JSON.stringify(about) };
    expect(await say(['remittance', 'check'], environment)).toMatchObject({ exitCode: 0, errors: '' });
    about.findings.push({ what: 'BALANCE', key: '1', foundMinor: '0', expectedMinor: '5' });
    answer = { status: 200, text: JSON.stringify(about) };
    const found = await say(['remittance', 'check'], environment);
    expect(found).toEqual({
      exitCode: 1,
      errors: '',
      output: expect.stringMatching(/findings:\nwhat +key +foundMinor +expectedMinor/) as string,
    });
    // A daemon of before that found something refused to answer.
    answer = { status: 500, text: '{"detail":"The books are wrong."}' };
    expect(await say(['remittance', 'check'], environment)).toMatchObject({ exitCode: 1, errors: 'The books are wrong.\n' });
  });

  it('prints tables for people and JSON for programs', async () => {
    answer = { status: 200, text: '[{"id":"7","actor":"kim"}]' };
    expect((await say(['audit', 'list'], environment)).output).toBe('id  actor\n──  ─────\n7   kim\n');
    expect(JSON.parse((await say(['audit', 'list', '--json'], environment)).output)).toEqual([{ id: '7', actor: 'kim' }]);
    answer = { status: 200, text: '{"pipeline":"p","state":"paused"}' };
    // The group is a command with the same flag itself.
    expect(JSON.parse((await say(['pipelines', 'pause', 'p', '--reason', 'x', '--json'], environment)).output)).toEqual({
      pipeline: 'p',
      state: 'paused',
    });
    answer = { status: 200, text: '[]' };
    expect((await say(['audit', 'list'], environment)).output).toBe('There is nothing.\n');
  });

  it('tells in the help what each group is about', async () => {
    const { output } = await say(['--help']);
    const groups = new Set([...houseRoutes, ...systems.routes].map(({ name }) => name.split('.')[0] ?? ''));
    for (const group of groups) expect(output).toMatch(new RegExp(`^  ${group} .*[a-z]{3,} [a-z]+ [a-z]+`, 'm'));
    expect(output).not.toMatch(/ of (dead-letters|log|audit|billing)$/m);
  });

  it('takes the token from a file', async () => {
    answer = { status: 200, text: '[]' };
    const file = join(folder, 'token');
    writeFileSync(file, 'weir_2_other\n');
    const { WEIR_ADMIN_URL = '' } = environment;
    expect((await say(['audit', 'list'], { WEIR_ADMIN_URL, WEIR_TOKEN_FILE: file })).exitCode).toBe(0);
    expect(asked.at(-1)?.authorization).toBe('Bearer weir_2_other');
    const missing = await say(['audit', 'list'], { WEIR_ADMIN_URL, WEIR_TOKEN_FILE: `${file}.gone` });
    expect(missing).toMatchObject({ exitCode: 78, errors: `the file ${file}.gone cannot be read (WEIR_TOKEN_FILE)\n` });
  });

  it.each([
    [['job', 'run', 'x', '--key', 'y'], 2, "error: required option '--reason <text>' not specified"],
    [['audit', 'list', '--limit', 'ten'], 2, '--limit: expected number'],
    [['audit', 'list', '--limit', '0'], 2, '--limit: expected number to be >=1'],
    [['log', 'level', 'all', 'loud', '--reason', 'x'], 2, '--level: expected one of "debug"|"info"|"warn"|"error"'],
    ...['9999999999999999999', '7,,8', '7,9223372036854775808', 'x'].map((bills): [string[], number, string] => [
      ['billing', 'resolve', '--as', 'sent', '--bills', bills, '--reason', 'x'],
      2,
      '--bills: expected identifiers of bills, at most 1000, each as 783261098765432101, or as its mail shows it, commas between',
    ]),
    [
      ['billing', 'find', '--bill', '9999999999999999999'],
      2,
      '--bill: expected the identifier of a bill, as 783261098765432101, or as its mail shows it',
    ],
    [['audit', 'list', '--all'], 2, "error: unknown option '--all'"],
  ])('%j is refused before anything is sent', async (words, exitCode, sentence) => {
    const before = asked.length;
    const said = await say(words, environment);
    expect(said.exitCode).toBe(exitCode);
    expect(said.errors.split('\n')[0]).toBe(sentence);
    expect(asked).toHaveLength(before);
  });

  it.each([
    [{}, 'set WEIR_ADMIN_URL to the admin port of a running daemon, as http://127.0.0.1:9464', 78],
    [{ WEIR_ADMIN_URL: 'localhost' }, 'WEIR_ADMIN_URL is not an address: expected http://host:port or https://host:port', 78],
    [{ WEIR_ADMIN_URL: 'http://127.0.0.1:1' }, 'set WEIR_TOKEN, or WEIR_TOKEN_FILE, to a token: weir tokens create makes one', 78],
    [{ WEIR_ADMIN_URL: 'http://127.0.0.1:9', WEIR_TOKEN: 'x' }, 'http://127.0.0.1:9 cannot be reached', 69],
  ])('with %j tells what is missing', async (variables, sentence, exitCode) => {
    const said = await say(['audit', 'list'], variables);
    expect(said).toEqual({ exitCode, output: '', errors: expect.stringContaining(sentence) as string });
  });

  it.each([
    [401, 77],
    [403, 77],
    [400, 2],
    [404, 2],
    [409, 1],
    [429, 69],
    [500, 1],
    [503, 69],
  ])('says what the daemon says with status %i, and ends with %i', async (status, exitCode) => {
    answer = { status, text: JSON.stringify({ status, detail: `because of ${status}` }) };
    expect(await say(['audit', 'list'], environment)).toEqual({ exitCode, output: '', errors: `because of ${status}\n` });
  });

  it.each([
    ['another server', { status: 200, text: '<html>' }],
    ['a redirection', { status: 302, text: '', headers: { location: 'http://127.0.0.1:9/' } }],
  ])('gives %s no second look, and the token to nobody else', async (_, other) => {
    answer = other;
    const before = asked.length;
    expect(await say(['audit', 'list'], environment)).toMatchObject({ exitCode: 69, output: '' });
    expect(asked).toHaveLength(before + 1);
  });
});
