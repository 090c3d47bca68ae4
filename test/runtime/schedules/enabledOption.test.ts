import { expect, it } from 'vitest';
import { leavesOf } from '../../../config/option.ts';
import { systems } from '../../../pipelines/index.ts';
import { joinedSchema } from '../../../src/commandLine/joinedOptions.ts';
import { enabledOption } from '../../../src/runtime/schedules/enabledOption.ts';

it('the option that is named for a schedule is there, for each', () => {
  const paths = leavesOf(joinedSchema(systems)).map(({ path }) => path);
  expect(systems.schedules.map(({ name }) => enabledOption(name)).filter((path) => !paths.includes(path))).toEqual([]);
});
