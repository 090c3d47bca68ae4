import type { WeirError } from '../../errors.ts';
import type { Clock } from '../../message/clock.ts';
import type { SourcePartition, SourceRecord } from '../sourceStatus.ts';

interface ReaderState {
  isReading: boolean;
  /** When it asked for what it has no answer to yet. */
  askedAtMs: number | undefined;
}

/** How the readers of a source stand, told as the state of the source: it is away when none of them reads. */
export class ReaderStates {
  readonly #clock: Clock;
  readonly #record: SourceRecord;
  readonly #readers: readonly ReaderState[];

  constructor(clock: Clock, record: SourceRecord, count: number) {
    this.#clock = clock;
    this.#record = record;
    this.#readers = Array.from({ length: count }, () => ({ isReading: false, askedAtMs: undefined }));
  }

  partitions(): readonly SourcePartition[] {
    const nowMs = this.#clock.elapsedMs();
    return this.#readers.map(({ isReading, askedAtMs = nowMs }, index) => {
      return { number: index + 1, isHeld: isReading, silentMs: isReading ? nowMs - askedAtMs : 0 };
    });
  }

  asks(index: number): void {
    const reader = this.#readers[index] as ReaderState;
    reader.askedAtMs = this.#clock.elapsedMs();
    if (!this.#isAnyReading()) this.#record.begin();
  }

  answered(index: number): void {
    const reader = this.#readers[index] as ReaderState;
    reader.askedAtMs = undefined;
    if (reader.isReading) return;
    reader.isReading = true;
    this.#record.become('reading');
  }

  /** Its connection is replaced; that counts where it had read. */
  failed(index: number, error: WeirError): void {
    const reader = this.#readers[index] as ReaderState;
    if (reader.isReading) this.#record.replaced(error.code === 'timedOut' ? 'silent' : 'lost');
    this.#rest(reader);
    if (!this.#isAnyReading()) this.#record.become('away', error.message);
  }

  ended(): void {
    for (const reader of this.#readers) this.#rest(reader);
    this.#record.become('idle');
  }

  #isAnyReading(): boolean {
    return this.#readers.some(({ isReading }) => isReading);
  }

  #rest(reader: ReaderState): void {
    reader.isReading = false;
    reader.askedAtMs = undefined;
  }
}
