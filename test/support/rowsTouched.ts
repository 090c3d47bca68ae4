import type { Queryable, Statement, Transaction } from '../../src/connectors/database.ts';

/** The first statement that something asks, which is answered with nothing. */
export async function asked(ask: (database: Transaction) => Promise<unknown>): Promise<Statement> {
  const [first] = await allAsked(ask);
  return first ?? { text: '' };
}

/** All statements that something asks, each of which is answered with nothing. */
export async function allAsked(ask: (database: Transaction) => Promise<unknown>): Promise<readonly Statement[]> {
  const statements: Statement[] = [];
  const record = (statement: string | Statement): void => {
    statements.push(typeof statement === 'string' ? { text: statement } : statement);
  };
  await ask({
    query: (statement: string | Statement) => {
      record(statement);
      return Promise.resolve([]);
    },
    execute: (statement: string | Statement) => {
      record(statement);
      return Promise.resolve(0);
    },
  } as unknown as Transaction);
  return statements;
}

interface Plan {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** How many rows all nodes of the plan of a statement have given or thrown away. */
export async function rowsTouchedBy(database: Queryable, { text, values }: Statement): Promise<number> {
  const [row] = await database.query<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>({
    text: `EXPLAIN (ANALYZE, TIMING off, FORMAT json) ${text}`,
    values: values ?? [],
  });
  const [explained] = row?.['QUERY PLAN'] ?? [];
  return explained === undefined ? Number.NaN : touched(explained.Plan);
}

function touched(plan: Plan): number {
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  return (plan.Plans ?? []).reduce((sum, part) => sum + touched(part), own);
}
