import { z } from 'zod';

interface ChunkOption {
  /** How many are worked on together, and how many they may be at most. */
  readonly size: number;
  readonly most: number;
  /** Of how many are together: what they are, what too few do, and what too many. */
  readonly sizeIs: string;
  readonly maxWaitMs: number;
  /** Of how long they wait for each other: who waits, what too short does, and what too long. */
  readonly waitIs: string;
  readonly unit?: string;
}

type Chunk = z.ZodPrefault<z.ZodObject<{ readonly size: z.ZodDefault<z.ZodInt>; readonly maxWaitMs: z.ZodDefault<z.ZodInt> }>>;

/** How a stage gathers what it works on together: `size` (messages where nothing else is said) and `maxWaitMs`. */
export function chunkOption({ size, most, sizeIs, maxWaitMs, waitIs, unit = 'messages' }: ChunkOption): Chunk {
  return z
    .object({
      size: z.int().min(1).max(most).default(size).meta({ description: sizeIs, unit }),
      maxWaitMs: z.int().min(0).default(maxWaitMs).meta({ description: waitIs, unit: 'ms' }),
    })
    .prefault({});
}
