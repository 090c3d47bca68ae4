import { expect, it } from 'vitest';
import { showRemittanceRoute } from '../../../pipelines/remittance/desk.routes.ts';

it.each(['abc', '1.5', '1e3', '-1', '0', '', '9223372036854775808'])('%j is no number of a remittance, and is told so', (number) => {
  expect(showRemittanceRoute.input.safeParse({ number }).error?.issues).toMatchObject([
    { message: 'expected a number as weir remittance list and show print it' },
  ]);
});
