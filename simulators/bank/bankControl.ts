import { z } from 'zod';
import type { Bank } from '../bank.ts';
import { withDecimals } from '../decimalAmount.ts';
import { json, type HttpAnswer } from '../httpAnswer.ts';
import type { Asked } from '../httpSimulator.ts';

const account = z.string().min(1).max(100);

const opened = z.strictObject({
  account,
  balance: z
    .string()
    .regex(/^(0|[1-9]\d{0,15})$/, 'not an amount')
    .transform(BigInt),
});

const closed = z.strictObject({ account });

const refused = z.strictObject({ accountNumber: account, reason: z.string().min(1).max(60).optional() });

/** Answers `POST /accounts`, `POST /closed-accounts`, `POST /refused-numbers` and `GET /record`: the same as the functions of a bank, amounts as decimal text. */
export function controlledBank(
  { openAccount, closeAccount, refuseNumber, record }: Pick<Bank, 'openAccount' | 'closeAccount' | 'refuseNumber' | 'record'>,
  { method, path, body }: Asked,
): HttpAnswer | undefined {
  switch (`${method} ${path}`) {
    case 'POST /accounts': {
      const { account: name, balance } = opened.parse(JSON.parse(body));
      openAccount(name, balance);
      return json({}, 201);
    }
    case 'POST /closed-accounts':
      closeAccount(closed.parse(JSON.parse(body)).account);
      return json({});
    case 'POST /refused-numbers': {
      const { accountNumber, reason } = refused.parse(JSON.parse(body));
      refuseNumber(accountNumber, reason);
      return json({});
    }
    case 'GET /record':
      return json(withDecimals(record()));
    default:
      return undefined;
  }
}
