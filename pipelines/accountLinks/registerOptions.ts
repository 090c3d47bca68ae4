import { z } from 'zod';
import { chunkOption } from '../shared/chunkOption.ts';
import { repeatOption } from '../shared/claimedSends.ts';
import { retryOption } from '../shared/retryOption.ts';

const ms = z.int().min(0);
const count = z.int().min(1);

const waitIs = 'How long one waits for others. Too short: small transactions; too long: partners wait.';

/** Options of `accountLinks.register`. */
export const registerOptions = z.object({
  readers: count.max(64).default(4).meta({
    description: 'Readers of the stream in a process, each with a connection. Too few: slow; too many: connections for nothing.',
    unit: 'connections',
  }),
  partners: z
    .array(z.string().regex(/^[A-Z0-9][A-Z0-9_-]{0,29}$/, 'expected the code of a partner: capital letters, digits, _ and -'))
    .min(1)
    .default(['ALPHA', 'BRAVO', 'CHARLIE'])
    .meta({ description: 'Codes of the partners whose accounts are registered. One that is missing: its requests are put aside.' }),
  admit: chunkOption({
    size: 200,
    most: 1_000,
    sizeIs: 'Requests written in one transaction before the bank is asked. Too small: slow; too large: the first ones wait.',
    maxWaitMs: 20,
    waitIs,
  }),
  send: z
    .object({
      concurrency: count.max(1_000).default(20).meta({
        description: 'Calls of the bank at once. Too few: slow; too many: more than the bank allows.',
        unit: 'calls',
      }),
      claimWaitMs: ms.max(1_000).default(5).meta({
        description:
          'How long free slots wait for others, so that one statement claims many. Too short: more statements; too long: slots idle.',
        unit: 'ms',
      }),
      timeLimitMs: ms.min(100).default(10_000).meta({
        description: 'Longest call. Too short: a slow bank never answers; too long: one that hangs holds its slots.',
        unit: 'ms',
      }),
      holdMs: ms.default(1_000).meta({
        description:
          'How long a link waits between tries in the chain, all told. Too short: the job does it, later; too long: others wait.',
        unit: 'ms',
      }),
      retry: retryOption({ maxRetries: 3, tooFew: 'passing trouble delays links', whom: 'the bank' }),
    })
    .prefault({}),
  leaseBeyondMs: ms.min(1_000).default(20_000).meta({
    description:
      'How long a claim holds beyond the longest tries. Too short: the bank is asked twice under one key; too long: dead claims wait.',
    unit: 'ms',
  }),
  repeat: repeatOption,
  again: z
    .object({
      retries: z.int().min(0).max(20).default(6).meta({
        description: 'Tries by the job until a person has to look. Too few: people are called early; too many: late.',
      }),
      firstDelayMs: ms.default(60_000).meta({
        description: 'Before the first of those; it doubles. Too short: they are over while the trouble lasts; too long: partners wait.',
        unit: 'ms',
      }),
      maxDelayMs: ms.default(3_600_000).meta({
        description: 'Longest such wait. Too short: a bank in trouble is pressed; too long: partners wait.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  record: chunkOption({
    size: 100,
    most: 1_000,
    sizeIs: 'Answers of the bank written in one transaction. Too small: slow; too large: more is asked about again after a crash.',
    maxWaitMs: 20,
    waitIs,
  }),
});
