import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from 'amaro';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** A file as browsers get it. */
interface PageFile {
  readonly type: string;
  readonly body: string;
  /** Of its content: a browser that has it is told so, and gets nothing again. */
  readonly tag: string;
}

const folder = join(import.meta.dirname, 'page');

/** Where `index.html` names its modules, so that none waits until another was read. */
const modulesMark = '<!-- modules -->';

const headers = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cache-control': 'no-cache',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * Serves the console page: `/`, and `/page/<file>` for its modules, from which types are stripped, and its style. They are read once, here;
 * no other file can be had, since a name is looked up among them and leads to no path. Open to whoever reaches the port: it knows nothing
 * that is not asked of /api.
 */
export function servePage(server: FastifyInstance): void {
  const files = readPage();
  const send = (request: FastifyRequest, reply: FastifyReply, file: PageFile | undefined): FastifyReply => {
    if (file === undefined) return reply.code(404).headers(headers).type('text/plain').send('There is no such file.');
    reply.headers(headers).header('etag', file.tag);
    if (request.headers['if-none-match'] === file.tag) return reply.code(304).send();
    return reply.type(file.type).send(file.body);
  };
  server.get('/', (request, reply) => send(request, reply, files.get('index.html')));
  server.get<{ Params: { '*': string } }>('/page/*', (request, reply) => send(request, reply, files.get(request.params['*'])));
}

/** Every file of the page by its name: `main.ts`, `views/jobs.ts`. */
function readPage(): ReadonlyMap<string, PageFile> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  const modules = names.filter((name) => name.endsWith('.ts')).sort();
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const preloads = modules.map((name) => `<link rel="modulepreload" href="/page/${name}">`).join('\n');
  return new Map([
    ...modules.map((name) => [name, fileOf('text/javascript', transformSync(read(name), { mode: 'strip-only' }).code)] as const),
    ['style.css', fileOf('text/css', read('style.css'))],
    ['index.html', fileOf('text/html', read('index.html').replace(modulesMark, preloads))],
  ]);
}

function fileOf(type: string, body: string): PageFile {
  return { type: `${type}; charset=utf-8`, body, tag: `"${createHash('sha256').update(body).digest('base64url')}"` };
}
