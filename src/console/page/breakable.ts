import { h, type Child } from './dom.ts';

/** A dotted name that goes on in the next line where it has no room. */
export function breakable(name: string): Child {
  return name.split('.').map((word, at) => (at === 0 ? word : [h('wbr'), `.${word}`]));
}
