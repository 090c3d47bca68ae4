import { Problem } from '../http/problem.ts';

/** How deep objects and lists may stand in each other. */
const maxDepth = 16;

/** Elements of one list, and fields of one object. */
const maxParts = 1_000;

/** Names that reach the prototype of an object, where a careless copy would take them over. */
export const forbiddenNames: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

const token = /"(?:[^"\\]+|\\.)*"|[{}[\],:]/g;

interface Open {
  /** Names so far; undefined in a list. */
  readonly names: Set<string> | undefined;
  parts: number;
}

/**
 * Refuses valid JSON that no honest caller sends: a name twice in an object (every reader keeps another one of the two), a name that
 * reaches a prototype, objects and lists deeper than 16, and more than 1,000 parts in one. Reads the text once, without recursion.
 */
export function checkShape(text: string): void {
  const open: Open[] = [];
  let word = '';
  for (const [found] of text.matchAll(token)) {
    const inner = open.at(-1);
    if (found === '{' || found === '[') {
      if (open.length === maxDepth) throw new Problem(400, `expected objects and lists at most ${maxDepth} deep`);
      open.push({ names: found === '{' ? new Set() : undefined, parts: 1 });
    } else if (found === '}' || found === ']') open.pop();
    else if (found === ':') addName(inner, JSON.parse(word) as string);
    else if (found === ',') addPart(inner);
    else word = found;
  }
}

function addPart(open: Open | undefined): void {
  if (open === undefined) return;
  open.parts += 1;
  if (open.parts > maxParts) throw new Problem(400, `expected at most ${maxParts} parts in a list or an object`);
}

function addName(open: Open | undefined, name: string): void {
  const field = name.slice(0, 80);
  if (forbiddenNames.has(name)) {
    throw new Problem(400, 'the body has a field that no request may have', { fields: [{ field, expected: 'no such field' }] });
  }
  if (open?.names?.has(name) === true) {
    throw new Problem(400, 'the body has a field twice', { fields: [{ field, expected: 'expected once in its object' }] });
  }
  open?.names?.add(name);
}
