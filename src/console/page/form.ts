import { h } from './dom.ts';
import type { Field } from './operations.ts';
import { labelText } from './text.ts';

/** A form's part for one field of an operation: its name, what it is for, and where it is filled in. */
export function fieldInput(field: Field, preset: string | undefined, idOf: string): HTMLElement {
  const id = `${idOf}-${field.name}`;
  const about = h(
    'span',
    { class: 'about', id: `${id}-about` },
    field.about,
    field.isRequired || field.preset !== '' ? '' : ' (may be left empty)',
  );
  if (field.kind === 'flag') {
    return h(
      'div',
      { class: 'field flag' },
      h('input', {
        type: 'checkbox',
        id,
        name: field.name,
        checked: (preset ?? field.preset) === 'true',
        'aria-describedby': `${id}-about`,
      }),
      h('label', { for: id }, labelText(field.name)),
      h('span', { class: 'about', id: `${id}-about` }, field.about),
    );
  }
  return h('div', { class: 'field' }, h('label', { for: id }, labelText(field.name)), inputOf(field, preset ?? field.preset, id), about);
}

function inputOf(field: Field, preset: string, id: string): HTMLElement {
  const its = { id, name: field.name, required: field.isRequired, 'aria-describedby': `${id}-about` };
  if (field.kind === 'choice') {
    const choices = [...(field.isRequired ? [] : ['']), ...field.choices];
    return h(
      'select',
      its,
      choices.map((choice) => h('option', { value: choice, selected: choice === preset }, choice)),
    );
  }
  const number = { type: 'number', step: 1, min: field.least, max: field.most, inputmode: 'numeric' };
  return h('input', {
    ...its,
    ...(field.kind === 'number' ? number : { type: 'text' }),
    value: preset,
    autocomplete: 'off',
    spellcheck: 'false',
  });
}

/** What stands in a form, as the API takes it: what was left empty is left out. */
export function readForm(form: HTMLFormElement, fields: readonly Field[]): Readonly<Record<string, string | number | boolean>> {
  const entries = fields.flatMap((field): readonly (readonly [string, string | number | boolean])[] => {
    const input = form.elements.namedItem(field.name);
    if (input instanceof HTMLInputElement && field.kind === 'flag') return [[field.name, input.checked]];
    if (!(input instanceof HTMLInputElement || input instanceof HTMLSelectElement)) return [];
    const text = input.value.trim();
    if (text === '') return [];
    return [[field.name, field.kind === 'number' ? Number(text) : text]];
  });
  return Object.fromEntries(entries);
}
