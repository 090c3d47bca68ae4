/** Where a trace stands, as W3C Trace Context tells it: the trace, the step of it that leads here, and whether that was recorded. */
export interface Traceparent {
  /** 32 hexadecimal digits in lower case, not all of them 0. */
  readonly traceId: string;
  /** Of the step; 16 digits of that kind. */
  readonly parentId: string;
  /** Bit 1: recorded. Bit 2: the trace id is random. Others mean nothing yet, and are dropped. */
  readonly flags: number;
}

const length = 55;
const knownFlags = 0b11;
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const zeros = /^0+$/;

/**
 * Reads the text of a `traceparent`; undefined for whatever is not one to the letter: strangers write it, and a trace is no reason to refuse
 * what they send. Of a later version the fields that this one knows are read, as the standard asks. Looks at 56 characters at most.
 */
export function parseTraceparent(text: string): Traceparent | undefined {
  const [, version, traceId = '', parentId = '', flags = ''] = form.exec(text.slice(0, length)) ?? [];
  if (version === undefined || version === 'ff' || zeros.test(traceId) || zeros.test(parentId)) return undefined;
  if (text.length > length && (version === '00' || text[length] !== '-')) return undefined;
  return { traceId, parentId, flags: Number.parseInt(flags, 16) & knownFlags };
}

/** The text of a `traceparent`, in version 00. */
export function formatTraceparent({ traceId, parentId, flags }: Traceparent): string {
  return `00-${traceId}-${parentId}-${(flags & knownFlags).toString(16).padStart(2, '0')}`;
}
