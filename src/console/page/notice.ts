import { Refusal } from './api.ts';
import { h, type Child } from './dom.ts';
import { labelText } from './text.ts';

/** Says why something was not answered or not done, and what to do. */
export function refusalNotice(error: unknown, lead = 'This was refused.'): HTMLElement {
  const { message, fields, code, status } =
    error instanceof Refusal
      ? error
      : { message: 'This page has made a mistake. Load it again.', fields: [], code: undefined, status: 500 };
  const title =
    status === 0 ? 'No answer.' : status === 403 ? 'Not with your role.' : status >= 500 ? 'The daemon could not do this.' : lead;
  return h(
    'div',
    { class: 'notice bad', role: 'alert' },
    h('p', {}, h('strong', {}, title), ' ', message, code !== undefined && h('span', { class: 'quiet' }, ` (${code})`)),
    fields.length > 0 &&
      h(
        'ul',
        {},
        fields.map(({ field, expected }) => h('li', {}, field === '' ? expected : `${labelText(field)}: ${expected}`)),
      ),
  );
}

/** Says something calmly. */
export function notice(...content: readonly Child[]): HTMLElement {
  return h('div', { class: 'notice', role: 'status' }, h('p', {}, ...content));
}
