import { h } from './dom.ts';

export interface FinderParts {
  readonly label: string;
  readonly hint: string;
  readonly value?: string;
  readonly find: (text: string) => void;
}

/** A field to look something up by; `/` goes there. */
export function finder({ label, hint, value = '', find }: FinderParts): HTMLElement {
  const id = `find-${label.toLowerCase().replaceAll(' ', '-')}`;
  const input = h('input', { type: 'search', id, value, placeholder: hint, 'data-search': true, autocomplete: 'off', spellcheck: 'false' });
  return h(
    'form',
    {
      class: 'finder',
      role: 'search',
      onsubmit: (event) => {
        event.preventDefault();
        const field = (event.currentTarget as HTMLFormElement).querySelector('input');
        const text = field?.value.trim() ?? '';
        if (text !== '') find(text);
      },
    },
    h('label', { for: id }, label),
    input,
    h('button', { type: 'submit' }, 'Find'),
  );
}
