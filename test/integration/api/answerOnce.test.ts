import { beforeEach, describe, expect, it } from 'vitest';
import { answerOnce, type OnceStore } from '../../../src/api/answerOnce.ts';
import type { ApiAnswer } from '../../../src/api/apiRoute.ts';
import type { OnceRequest } from '../../../src/api/idempotencyKey.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { Problem } from '../../../src/http/problem.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aDatabase } from '../../support/services.ts';

interface Row {
  readonly id: bigint;
  readonly fingerprint: Buffer;
}

let database: PostgresDatabase;
beforeEach(async () => {
  database = openDatabase({ url: await aDatabase(), clock: realClock });
  atTheEnd(() => database.close());
  await database.execute(
    `CREATE TABLE moved (id bigint GENERATED ALWAYS AS IDENTITY, scope text, key text, fingerprint bytea, UNIQUE (scope, key))`,
  );
});

const answerOf = ({ id }: Row): ApiAnswer => ({ status: 202, body: { id } });

/** Keeps requests as a system does; `during` is called while one is under way. */
function storeWith(during: () => Promise<void> = () => Promise.resolve()): OnceStore {
  return {
    find: async (transaction, scope, key) => {
      const [row] = await transaction.query<Row>({
        text: 'SELECT id, fingerprint FROM moved WHERE scope = $1 AND key = $2',
        values: [scope, key],
      });
      return row === undefined ? undefined : { fingerprint: row.fingerprint, answer: answerOf(row) };
    },
    insert: async (transaction, { scope, key, fingerprint }) => {
      const [row] = await transaction.query<Row>({
        text: 'INSERT INTO moved (scope, key, fingerprint) VALUES ($1, $2, $3) RETURNING id, fingerprint',
        values: [scope, key, fingerprint],
      });
      await during();
      if (row === undefined) throw new TypeError('nothing was inserted');
      return answerOf(row);
    },
  };
}

const request = (facts: Partial<OnceRequest> = {}): OnceRequest => ({
  scope: 'kim POST /moves',
  key: 'k',
  fingerprint: Buffer.alloc(32, 1),
  ...facts,
});

/** The answer, or the status of the refusal. */
async function answered(asked: OnceRequest, store = storeWith()): Promise<unknown> {
  try {
    return (await database.withTransaction((transaction) => answerOnce(transaction, asked, store))).body;
  } catch (error) {
    if (error instanceof Problem) return error.body.status;
    throw error;
  }
}

const count = async (): Promise<number> => (await database.query('SELECT FROM moved')).length;

describe('answerOnce', () => {
  it('answers the same request as before and does it once; another one under its key is refused', async () => {
    const first = await answered(request());
    expect([await answered(request()), await count()]).toEqual([first, 1]);
    expect([await answered(request({ fingerprint: Buffer.alloc(32, 2) })), await count()]).toEqual([422, 1]);
  });

  it('knows keys by their scope', async () => {
    await answered(request());
    expect(await answered(request({ scope: 'lee POST /moves' }))).toEqual({ id: 2n });
    expect(await answered(request({ key: 'l' }))).toEqual({ id: 3n });
  });

  it('refuses one that is under way at once, and lets other keys pass', async () => {
    const [inside, gate] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const first = answered(
      request(),
      storeWith(async () => {
        inside.resolve(undefined);
        await gate.promise;
      }),
    );
    await inside.promise;
    expect([await answered(request()), await answered(request({ key: 'l' }))]).toEqual([409, { id: 2n }]);
    gate.resolve(undefined);
    expect(await first).toEqual({ id: 1n });
    expect([await answered(request()), await count()]).toEqual([{ id: 1n }, 2]);
  });

  it('of many at the same time does one, and every answer is that one or 409', async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => answered(request())));
    const [done] = await database.query<Row>('SELECT id FROM moved');
    expect(await count()).toBe(1);
    expect(answers.filter((answer) => answer !== 409).length).toBeGreaterThan(0);
    for (const answer of answers) expect([409, { id: done?.id }]).toContainEqual(answer);
  });

  it('stores nothing when the transaction fails, so the key may be sent again', async () => {
    const fail = storeWith(() => Promise.reject(new Problem(503, 'not now')));
    expect([await answered(request(), fail), await count()]).toEqual([503, 0]);
    expect([await answered(request()), await count()]).toEqual([expect.objectContaining({}), 1]);
  });
});
