import { handlerNames } from './dom.ts';

/**
 * Makes the content of an element what another's is, and keeps every element that stays: so focus, scroll position, what is open and
 * what somebody types survive. Elements with the same `data-key` are the same; others by their place.
 */
export function morph(from: Element, to: Element): void {
  patchAttributes(from, to);
  patchChildren(from, to);
}

function patchChildren(from: Element, to: Element): void {
  const keyed = new Map([...from.children].flatMap((child) => (keyOf(child) === undefined ? [] : [[keyOf(child), child] as const])));
  let cursor: ChildNode | null = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = keyOf(wanted);
    const match: ChildNode | undefined = key === undefined ? sameKind(cursor, wanted) : keyed.get(key);
    if (match === undefined || match.nodeName !== wanted.nodeName) {
      from.insertBefore(wanted, cursor);
      continue;
    }
    if (match === cursor) cursor = cursor.nextSibling;
    else from.insertBefore(match, cursor);
    patch(match, wanted);
  }
  while (cursor !== null) {
    const next: ChildNode | null = cursor.nextSibling;
    cursor.remove();
    cursor = next;
  }
}

function patch(node: ChildNode, wanted: ChildNode): void {
  if (node instanceof Element && wanted instanceof Element) morph(node, wanted);
  else if (node.nodeValue !== wanted.nodeValue) node.nodeValue = wanted.nodeValue;
}

function sameKind(cursor: ChildNode | null, wanted: ChildNode): ChildNode | undefined {
  return cursor !== null && keyOf(cursor) === undefined && cursor.nodeName === wanted.nodeName ? cursor : undefined;
}

function keyOf(node: Node): string | undefined {
  return node instanceof Element ? (node.getAttribute('data-key') ?? undefined) : undefined;
}

function patchAttributes(from: Element, to: Element): void {
  for (const { name } of [...from.attributes]) {
    // Whoever looks has opened it.
    if (name !== 'open' && !to.hasAttribute(name)) from.removeAttribute(name);
  }
  for (const { name, value } of [...to.attributes]) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const name of handlerNames) {
    const handler = (to as HTMLElement)[name];
    if ((from as HTMLElement)[name] !== handler) Object.assign(from, { [name]: handler });
  }
}
