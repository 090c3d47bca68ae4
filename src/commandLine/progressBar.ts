import type { Clock } from '../message/clock.ts';

/** What a bar shows at a moment. */
export interface ProgressState {
  readonly label: string;
  readonly done: number;
  /** Undefined when nobody knows how many there are. */
  readonly total: number | undefined;
  readonly perSecond: number | undefined;
}

/** A stream that text is written to, and whether a person looks at it. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Long work shown to people: lines that are redrawn on a terminal, one line every few seconds elsewhere. */
export interface ProgressView {
  show(states: readonly ProgressState[]): void;
  /** Shows the last state and leaves it standing. */
  end(states: readonly ProgressState[]): void;
}

const width = 28;

export function progressView(screen: Screen, clock: Clock): ProgressView {
  let drawn = 0;
  let saidAtMs = Number.NEGATIVE_INFINITY;
  const draw = (states: readonly ProgressState[]): void => {
    const labelWidth = Math.max(...states.map(({ label }) => label.length));
    const lines = states.map((state) => progressLine(state, labelWidth));
    const isRedrawn = screen.isTTY === true;
    screen.write(
      (isRedrawn && drawn > 0 ? `\u001b[${drawn}A` : '') + lines.map((line) => `${isRedrawn ? '\u001b[2K' : ''}${line}\n`).join(''),
    );
    drawn = lines.length;
  };
  return {
    show(states) {
      if (screen.isTTY !== true && clock.elapsedMs() - saidAtMs < 2_000) return;
      saidAtMs = clock.elapsedMs();
      draw(states);
    },
    end(states) {
      if (states.length > 0) draw(states);
      drawn = 0;
    },
  };
}

/** `billing.settle 0  ██████░░░░  62 %  31,000 of 50,000  12,400/s  2 s left` */
export function progressLine({ label, done, total, perSecond }: ProgressState, labelWidth = 0): string {
  const part = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
  const filled = Math.round((part ?? 0) * width);
  const bar =
    part === undefined ? '' : `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${String(Math.floor(part * 100)).padStart(3)} %`;
  const count = total === undefined ? done.toLocaleString('en-US') : `${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`;
  const rate = perSecond === undefined || perSecond === 0 ? '' : `${Math.round(perSecond).toLocaleString('en-US')}/s`;
  return [label.padEnd(labelWidth), bar, count, rate, remaining(done, total, perSecond)].filter((piece) => piece !== '').join('  ');
}

function remaining(done: number, total: number | undefined, perSecond: number | undefined): string {
  if (total === undefined || perSecond === undefined || perSecond === 0 || done >= total) return '';
  const seconds = Math.ceil((total - done) / perSecond);
  return seconds < 90 ? `${seconds} s left` : `${Math.ceil(seconds / 60)} min left`;
}
