import { expect, it } from 'vitest';
import { z } from 'zod';
import { recipientsOf, reportMailOptions } from '../../../../pipelines/shared/mailedReports/reportMailOptions.ts';

it('recipients are addresses, each once', () => {
  expect(recipientsOf({ recipients: 'b@x.example,a@x.example,b@x.example' })).toEqual(['a@x.example', 'b@x.example']);
  expect(recipientsOf({ recipients: '' })).toEqual([]);
  expect(z.object(reportMailOptions).safeParse({ recipients: 'a@x.example,nobody' }).error?.issues).toMatchObject([
    { path: ['recipients'], message: 'expected e-mail addresses, commas between' },
  ]);
});
