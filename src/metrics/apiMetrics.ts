import type { Counter, Histogram } from 'prom-client';

/** What a request asked for, from fixed lists: the path as it is declared, never as it was sent. */
export interface AnsweredRequest {
  readonly route: string;
  readonly method: string;
  readonly status: number;
}

/** What requests to the public API are measured with. */
export interface ApiMeter {
  /** Makes the series of a route be there from then on, so that its first rise is seen as one. */
  watch(route: string, method: string): void;
  answered(request: AnsweredRequest, seconds: number): void;
}

const methods = new Set(['GET', 'POST']);
const statusClasses = ['2xx', '4xx', '5xx'] as const;

/** The meter of the public API. */
export function apiMetrics(requests: Counter, seconds: Histogram): ApiMeter {
  return {
    watch(route, method) {
      for (const status of statusClasses) requests.inc({ route, method, status }, 0);
      seconds.zero({ route });
    },
    answered({ route, method, status }, took) {
      requests.inc({ route, method: methods.has(method) ? method : 'other', status: `${Math.trunc(status / 100)}xx` });
      seconds.observe({ route }, took);
    },
  };
}
