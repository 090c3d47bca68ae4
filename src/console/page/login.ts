import { Refusal } from './api.ts';
import { h } from './dom.ts';
import { mark } from './mark.ts';
import { notice, refusalNotice } from './notice.ts';
import { openSession } from './session.ts';

/** Asks for a token, and says so where a session `hasEnded`; goes on as soon as one stands. The token is sent once and kept nowhere. */
export function showLogin(app: HTMLElement, goOn: () => Promise<void>, hasEnded: boolean): void {
  document.title = 'Log in · Weir';
  const token = h('input', {
    ...{ id: 'token', name: 'token', type: 'password', required: true, autocomplete: 'current-password', spellcheck: 'false' },
    'aria-describedby': 'token-about',
  });
  const problem = h('div', { 'aria-live': 'polite' });
  const enter = h('button', { type: 'submit', class: 'primary' }, 'Log in');
  const form = h(
    'form',
    { class: 'login' },
    h('h1', {}, mark(), 'Weir'),
    hasEnded && notice(h('strong', {}, 'Your session has ended.'), ' Log in again to go on.'),
    h(
      'div',
      { class: 'field' },
      h('label', { for: 'token' }, 'Token'),
      token,
      h('span', { class: 'about', id: 'token-about' }, 'weir tokens create makes one.'),
    ),
    problem,
    enter,
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    enter.disabled = true;
    openSession(token.value.trim()).then(
      () => goOn(),
      (error: unknown) => {
        enter.disabled = false;
        const isWrong = error instanceof Refusal && error.status === 401;
        problem.replaceChildren(
          refusalNotice(
            isWrong ? new Refusal(401, 'It is wrong, was revoked, or has ended. Ask for another.') : error,
            'This token does not open Weir.',
          ),
        );
        token.select();
      },
    );
  };
  app.replaceChildren(h('main', { id: 'main', class: 'gate', tabindex: -1 }, form));
  token.focus();
}
