import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';

const minuteMs = 60_000;

/** A time at which a schedule fires, and the pattern with which it does. */
export interface FireTime {
  readonly at: Date;
  /** In Seoul, `YYYY-MM-DD`. */
  readonly day: string;
  readonly daily: string;
  readonly monthly: string;
}

/** The minute of Seoul's clocks so many minutes ago. */
export function firedAgo(minutes: number): FireTime {
  const at = new Date(Math.floor(Date.now() / minuteMs - minutes) * minuteMs);
  const [day = '', time = ''] = seoulMinute(at).split('T');
  const [hour, minute] = time.split(':').map(Number);
  return { at, day, daily: `${minute} ${hour} * * *`, monthly: `${minute} ${hour} ${Number(day.slice('YYYY-MM-'.length))} * *` };
}
