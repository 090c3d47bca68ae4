import { Redis } from 'ioredis';
import { deliverGroup } from '../../../pipelines/billing/deliver.pipeline.ts';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';

/** A dead letter as a person finds it. */
export interface FoundLetter {
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The topic of bills in Redis, seen from outside. */
export interface TheTopic {
  /** Appends an entry as another program would: any fields. Answers its id. */
  append(...fields: readonly (string | Buffer)[]): Promise<string>;
  deadLetters(): Promise<readonly FoundLetter[]>;
  /** Appends a dead letter with any fields. */
  putAside(...fields: readonly (string | Buffer)[]): Promise<void>;
  /** The ids of all dead letters, the oldest first. */
  putAsideIds(): Promise<readonly string[]>;
  /** Takes a dead letter away, as trimming does. */
  trim(id: string): Promise<void>;
  /** The messages of the topic itself. */
  entries(): Promise<readonly FoundLetter[]>;
  /** Entries that a reader has and did not settle. */
  pending(): Promise<number>;
  /** Entries that nobody has read. */
  unread(): Promise<number>;
  /** All fields of every entry of the topic and its dead letters, as one text. */
  everything(): Promise<string>;
}

/** Opens the topic of bills. */
export async function theTopic(url: string): Promise<TheTopic> {
  const redis = new Redis(url, { lazyConnect: true, commandTimeout: 5_000 });
  await redis.connect();
  atTheEnd(() => redis.quit());
  const entries = async (stream: string): Promise<readonly (readonly Buffer[])[]> => {
    const rows = (await redis.xrangeBuffer(stream, '-', '+')) as readonly (readonly [Buffer, readonly Buffer[]])[];
    return rows.map(([, fields]) => fields);
  };
  const ofGroup = async (fact: 'pending' | 'lag'): Promise<number> => {
    const groups = (await redis.xinfo('GROUPS', emailTopic.name)) as readonly (readonly unknown[])[];
    const group = groups.find((facts) => facts.includes(deliverGroup)) ?? [];
    return Number(group[group.indexOf(fact) + 1]);
  };
  return {
    append: async (...fields) => String(await redis.xadd(emailTopic.name, '*', ...fields)),
    deadLetters: async () => (await entries(emailTopic.deadLetters)).map(letterOf),
    putAside: async (...fields) => {
      await redis.xadd(emailTopic.deadLetters, '*', ...fields);
    },
    putAsideIds: async () => (await redis.xrange(emailTopic.deadLetters, '-', '+')).map(([id]) => id),
    trim: async (id) => {
      await redis.xdel(emailTopic.deadLetters, id);
    },
    entries: async () => (await entries(emailTopic.name)).map(letterOf),
    pending: () => ofGroup('pending'),
    unread: () => ofGroup('lag'),
    everything: async () => {
      const all = [...(await entries(emailTopic.name)), ...(await entries(emailTopic.deadLetters))];
      return all.map((fields) => fields.map((field) => field.toString('latin1')).join(' ')).join('\n');
    },
  };
}

function letterOf(fields: readonly Buffer[]): FoundLetter {
  const field = (name: string): Buffer =>
    fields[fields.findIndex((content, at) => at % 2 === 0 && content.toString() === name) + 1] ?? Buffer.alloc(0);
  return {
    key: field('key').toString(),
    value: field('value'),
    headers: JSON.parse(field('headers').toString()) as Record<string, string>,
  };
}
