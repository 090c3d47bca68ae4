import { openAction, type Intent } from './actionDialog.ts';
import type { Desk } from './desk.ts';
import { h } from './dom.ts';
import { mayDo } from './session.ts';

/** What a button does, besides the name of its operation. */
export type ActionParts = Partial<Omit<Intent, 'operation' | 'title'>> & {
  /** Why it cannot be done now; undefined where it can. */
  readonly unless?: string | undefined;
};

/** A button that begins an action or a look. What the role of whoever looks may not do stands there and says so. */
export function actionButton(desk: Desk, name: string, title: string, parts: ActionParts = {}): HTMLElement | null {
  const operation = desk.operations.get(name);
  if (operation === undefined) return null;
  const { fixed = {}, preset = {}, without = [], isGrave = false, unless, show } = parts;
  const why = mayDo(desk.session.role, operation.role) ? unless : `needs the role ${operation.role}`;
  const key = `act ${name} ${JSON.stringify(fixed)}`;
  if (why !== undefined) return h('button', { type: 'button', disabled: true, 'data-key': key, title: why }, title, h('small', {}, why));
  const intent = { operation, title, fixed, preset, without, isGrave, ...(show === undefined ? {} : { show }) };
  return h(
    'button',
    { type: 'button', class: isGrave ? 'grave' : undefined, 'data-key': key, onclick: () => openAction(desk, intent) },
    title,
  );
}
