const separated = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });

/** A count with separators; a dash where it is not known. */
export function countText(count: number | null | undefined): string {
  return count === null || count === undefined ? '–' : separated.format(count);
}

/** Digits of any length with separators. */
export function digitsText(digits: string): string {
  return /^-?\d+$/.test(digits) ? separated.format(BigInt(digits)) : digits;
}

/** Messages, or rows, per second. */
export function rateText(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return '–';
  return `${perSecond >= 100 || perSecond === 0 ? separated.format(perSecond) : fine.format(perSecond)}/s`;
}

/** How long something takes, by its two largest units: `3 min 20 s`. */
export function durationText(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 1) return seconds === 0 ? '0 s' : '< 1 s';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return both(whole, 60, 'min', 's');
  if (whole < 86_400) return both(Math.round(whole / 60), 60, 'h', 'min');
  return both(Math.round(whole / 3_600), 24, 'd', 'h');
}

function both(of: number, size: number, large: string, small: string): string {
  const rest = of % size;
  return rest === 0 ? `${Math.floor(of / size)} ${large}` : `${Math.floor(of / size)} ${large} ${rest} ${small}`;
}

/** Milliseconds of a call. */
export function millisText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  if (ms >= 1_000) return `${fine.format(ms / 1_000)} s`;
  return ms > 0 && ms < 0.1 ? '< 0.1 ms' : `${fine.format(ms)} ms`;
}

/** `nextAttemptAt` as people read it: `Next attempt`. */
export function labelText(field: string): string {
  const known = labels[field];
  if (known !== undefined) return known;
  const words = field
    .replace(/(Minor|At)$/, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_-]/g, ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const labels: Readonly<Record<string, string>> = {
  ...{ publicInfoId: 'Member number', at: 'When', feeMinor: 'Fee', asks: 'Times asked', tries: 'Times tried', seq: 'No.' },
  ...{ is: 'Is now', was: 'Was', isForced: 'Forced', isGivenBack: 'Given back', isBooked: 'Booked', begunAt: 'Began' },
  ...{
    diedAt: 'Put aside',
    text: 'Why',
    failCode: 'Failed with',
    failedWith: 'Fails with',
    parkReason: 'Parked because',
    stateSince: 'Since',
  },
  ...{ p50Ms: 'Median', p99Ms: '99 %', meanMs: 'Mean', messageId: 'Message-ID', etaSeconds: 'Time left', upTo: 'Up to' },
  ...{
    expect: 'Expected count',
    expected: 'Expected count',
    as: 'As',
    for: 'For how long',
    sizeBytes: 'Size in bytes',
    left: 'Left as they are',
  },
  ...{ next: 'What happens next', why: 'Why', email: 'E-mail', key: 'Key', bill: 'Bill', billNumber: 'Bill number in the mail' },
};

/** The word of a state: `SEND_PENDING` is `send pending`, `backingOff` is `backing off`. */
export function stateText(state: string): string {
  return state
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
}
