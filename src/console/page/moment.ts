import { h } from './dom.ts';
import { durationText } from './text.ts';

const isoPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/;
const clockTime = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const yearToo = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** Whether a text is an instant as the API writes them. */
export function isMoment(text: string): boolean {
  return isoPattern.test(text);
}

/** An instant by the clock of whoever looks, with UTC for a pointer that rests on it. A dash for none. */
export function moment(iso: string | null | undefined): HTMLElement | string {
  if (iso === null || iso === undefined || iso === '') return '–';
  if (!isMoment(iso)) return iso;
  const at = new Date(iso);
  return h('time', { datetime: iso, title: `${at.toISOString()} (UTC)`, class: 'moment' }, momentText(at, new Date()));
}

/** The same with how long ago, or how soon, it is. */
export function agedMoment(iso: string | null | undefined): HTMLElement | string {
  if (iso === null || iso === undefined || !isMoment(iso)) return moment(iso);
  const seconds = (new Date().getTime() - new Date(iso).getTime()) / 1_000;
  const age = Math.abs(seconds) < 1 ? 'now' : seconds > 0 ? `${durationText(seconds)} ago` : `in ${durationText(-seconds)}`;
  return h('span', { class: 'aged' }, moment(iso), ' ', h('span', { class: 'quiet' }, age));
}

function momentText(at: Date, now: Date): string {
  if (at.toDateString() === now.toDateString()) return clockTime.format(at);
  return at.getFullYear() === now.getFullYear() ? dayAndTime.format(at) : yearToo.format(at);
}

/** A sentence of the daemon, with the instants in it by the clock of whoever looks. */
export function withMoments(sentence: string): readonly (HTMLElement | string)[] {
  return sentence.split(/(\b\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2}))/).map((part) => (isMoment(part) ? moment(part) : part));
}
