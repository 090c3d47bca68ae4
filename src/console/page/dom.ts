/** What stands in an element. `null`, `undefined` and `false` leave nothing. */
export type Child = Node | string | number | null | undefined | false | readonly Child[];

type Handler = (event: Event) => void;

/** Events that elements of this page answer. */
export const handlerNames = ['onclick', 'onsubmit', 'oninput', 'onchange', 'onkeydown'] as const;

/** Attributes by their names; `true` stands without a value, `false` and `undefined` do not stand at all. Handlers are properties. */
export type Attributes = Readonly<Partial<Record<(typeof handlerNames)[number], Handler>>> &
  Readonly<Record<string, string | number | boolean | undefined | Handler>>;

/** Makes an HTML element. Text enters it as text only, and an address leads nowhere but into this page. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for a drawing. */
export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): SVGElement {
  return filled(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function filled<E extends Element>(element: E, attributes: Attributes, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') setHandler(element, name, value);
    else if (name === 'href' && !String(value).startsWith('#')) continue;
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

function setHandler(element: Element, name: string, handler: Handler): void {
  if (!(handlerNames as readonly string[]).includes(name)) throw new TypeError(`no element of this page answers ${name}`);
  Object.assign(element, { [name]: handler });
}

/** Puts children behind those that an element has. */
export function append(element: Element | DocumentFragment, children: readonly Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (typeof child === 'string' || typeof child === 'number') element.append(String(child));
    else if (child instanceof Node) element.append(child);
    else append(element, child);
  }
}
