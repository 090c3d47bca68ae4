import { ask } from './api.ts';
import { closer, openDialog } from './dialog.ts';
import { h } from './dom.ts';
import { refusalNotice } from './notice.ts';
import { sheet } from './sheet.ts';

/** Reading all books takes as long as they are large. */
const checkLimitMs = 330_000;

/** A button that asks a question whose answer takes long, and shows it in a dialog: what was found is an answer, not a refusal. */
export function checkButton(name: string, title: string): HTMLElement {
  return h('button', { type: 'button', onclick: () => void check(name, title) }, title);
}

async function check(name: string, title: string): Promise<void> {
  const body = h('div', { class: 'effect', role: 'status' }, 'Reading all of them: this may take minutes.');
  openDialog(title, [body, h('div', { class: 'buttons' }, closer())]);
  try {
    body.replaceChildren(sheet(await ask(name, {}, checkLimitMs)));
  } catch (error) {
    body.replaceChildren(refusalNotice(error));
  }
}
