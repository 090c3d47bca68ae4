import { context, trace } from '@opentelemetry/api';
import { onTestFinished } from 'vitest';
import { installRecorder, type RecordedSpan } from './installRecorder.ts';

/** Installs what an SDK installs, until the test ends: spans that have ended stand in the list. */
export function recordSpans(): readonly RecordedSpan[] {
  const spans: RecordedSpan[] = [];
  installRecorder((span) => void spans.push(span));
  onTestFinished(() => {
    trace.disable();
    context.disable();
  });
  return spans;
}
