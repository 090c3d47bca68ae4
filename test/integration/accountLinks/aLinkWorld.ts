import { Redis } from 'ioredis';
import { linkGroup } from '../../../pipelines/accountLinks/register.pipeline.ts';
import { linkTopic } from '../../../pipelines/accountLinks/linkTopic.ts';
import { pairs } from '../../../src/connectors/redisStream/pairs.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { anOutsideWorld, type OutsideWorld } from '../outsideWorld.ts';
import { failuresIn, linksIn, type FailureRow, type LinkRow } from './rows.ts';

/** The world around daemons that link accounts, as a program outside sees it. */
export interface LinkWorld extends OutsideWorld {
  readonly redis: Redis;
  /** Writes entries to the stream, as another program does: a value is JSON, or text as it is. */
  ask(...values: readonly (object | string)[]): Promise<void>;
  /** Every link, by account. */
  links(): Promise<readonly LinkRow[]>;
  failures(): Promise<readonly FailureRow[]>;
  /** What was put aside, in order: the reason and the original value. */
  letters(): Promise<readonly Letter[]>;
  /** Entries that are delivered and not settled, or not delivered yet. */
  unsettled(): Promise<number>;
}

export interface Letter {
  readonly code: string;
  readonly text: string;
  readonly value: string;
}

export async function aLinkWorld(): Promise<LinkWorld> {
  const world = await anOutsideWorld();
  const redis = new Redis(world.environment['WEIR_REDIS_URL'] ?? '', { commandTimeout: 5_000 });
  atTheEnd(() => redis.quit());
  return {
    ...world,
    redis,
    ask: async (...values) => {
      for (const value of values) {
        await redis.xadd(linkTopic.name, '*', 'key', 'k', 'value', typeof value === 'string' ? value : JSON.stringify(value));
      }
    },
    links: () => linksIn(world.database),
    failures: () => failuresIn(world.database),
    letters: async () => {
      const entries = await redis.xrange(linkTopic.deadLetters, '-', '+');
      return entries.map(([, fields]) => letterOf(fields));
    },
    unsettled: async () => {
      const groups = (await redis.xinfo('GROUPS', linkTopic.name)) as readonly (readonly unknown[])[];
      const group = groups.map(pairs).find((each) => each.get('name') === linkGroup);
      if (group === undefined) throw new Error('there is no such group');
      return Number(group.get('pending')) + Number(group.get('lag'));
    },
  };
}

function letterOf(fields: readonly string[]): Letter {
  const of = pairs(fields);
  const headers = JSON.parse(String(of.get('headers'))) as Readonly<Record<string, string>>;
  return { code: headers['weir-code'] ?? '', text: headers['weir-text'] ?? '', value: String(of.get('value')) };
}

/** Daemons that notice a dead neighbour within a second, and what follows `weir run` for them. */
export const hasty: readonly string[] = [
  ...['--profile', 'streams', '--set', 'bus.idleLimitMs=1000'],
  ...['timeLimitMs=500', 'holdMs=50', 'retry.maxRetries=1', 'retry.firstDelayMs=1'].flatMap((each) => [
    '--set',
    `accountLinks.register.send.${each}`,
  ]),
  ...['leaseBeyondMs=1000', 'again.firstDelayMs=0', 'admit.maxWaitMs=50'].flatMap((each) => ['--set', `accountLinks.register.${each}`]),
];
