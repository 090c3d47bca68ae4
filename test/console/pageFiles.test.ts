import { fastify } from 'fastify';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servePage } from '../../src/console/pageFiles.ts';

const server = fastify();
let url = '';

beforeAll(async () => {
  servePage(server);
  url = await server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => server.close());

const folder = join(import.meta.dirname, '..', '..', 'src', 'console', 'page');
const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

describe('the page', () => {
  it('comes with a policy that lets nothing in but itself, and with every module named', async () => {
    const response = await fetch(`${url}/`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    const html = await response.text();
    expect(html.match(/modulepreload/g)).toHaveLength(modules.length);
    // Whatever stands in a tag of its own would be stopped by the policy.
    expect(html).not.toMatch(/<style|style=| on[a-z]+=|<script(?! type="module" src=)|https?:\/\//);
  });

  it.each(modules)('has the module %s without its types; what it imports is there', async (name) => {
    const response = await fetch(`${url}/page/${name}`);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    const code = stripVTControlCharacters(await response.text());
    expect(code).not.toMatch(/^\s*(export )?(interface|type) /m);
    for (const [, wanted = ''] of code.matchAll(/from '([^']+)'/g)) {
      const found = await fetch(new URL(wanted, `${url}/page/${name}`));
      expect(found.status, `${name} imports ${wanted}`).toBe(200);
    }
  });

  it('is not sent again to a browser that has it', async () => {
    const first = await fetch(`${url}/page/style.css`);
    const again = await fetch(`${url}/page/style.css`, { headers: { 'if-none-match': first.headers.get('etag') ?? '' } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it.each([
    'tsconfig.json',
    '../pageFiles.ts',
    '..%2fpageFiles.ts',
    '%2e%2e/api.ts',
    'views',
    '',
    'views/../main.ts%00',
    '/etc/passwd',
    '__proto__',
    'constructor',
  ])('has no other file: %s', async (name) => {
    const { statusCode, body } = await server.inject({ url: `/page/${name}` });
    expect(statusCode).toBe(404);
    expect(body).not.toMatch(/import|compilerOptions|root:/);
  });
});
