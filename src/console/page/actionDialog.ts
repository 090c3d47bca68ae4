import { ask, askEffect, Refusal, type Json } from './api.ts';
import type { Desk } from './desk.ts';
import { closer, openDialog } from './dialog.ts';
import { h, type Child } from './dom.ts';
import { fieldInput, readForm } from './form.ts';
import { refusalNotice } from './notice.ts';
import type { Field, Operation } from './operations.ts';
import { fact, sheet } from './sheet.ts';
import { labelText } from './text.ts';

/** What somebody is about to do. */
export interface Intent {
  readonly operation: Operation;
  readonly title: string;
  /** Fields that are chosen already: shown, and not to be changed. */
  readonly fixed: Readonly<Record<string, string | number | boolean>>;
  /** Fields that are filled in, and may be changed. */
  readonly preset: Readonly<Record<string, string>>;
  /** Fields that mean nothing here. */
  readonly without: readonly string[];
  readonly isGrave: boolean;
  /** Shows what is answered; as a sheet by default. */
  readonly show?: (answer: Json) => Child;
}

/** A form for an intent, and what it changes while somebody fills it in. */
interface ActForm {
  readonly form: HTMLFormElement;
  /** What it would do, or why it would not. */
  readonly effect: HTMLElement;
  readonly act: HTMLButtonElement;
  readonly reason: HTMLTextAreaElement;
  readonly open: readonly Field[];
}

/**
 * Asks for what an action needs, shows what it would do, asks why, does it, and shows what has happened. The effect that is shown is that of
 * what stands in the form: a change has it asked for again, and nothing is done before it is known. A look has no effect, but a reason.
 */
export function openAction(desk: Desk, intent: Intent): void {
  const its = actForm(intent);
  const { form, effect, act, reason } = its;
  const { operation, title } = intent;
  const hasEffect = operation.kind === 'action';
  const { showEffect, isShown } = effectOf(intent, its);
  const dialog = openDialog(title, [form]);
  form.onchange = (event) => {
    if (hasEffect && event.target !== reason) void showEffect();
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    // Enter in a field comes before anybody has seen what its change would do.
    if (hasEffect && !isShown()) {
      void showEffect();
      return;
    }
    act.disabled = true;
    void ask(operation.name, { ...bodyOf(intent, its), reason: reason.value.trim() }).then(
      (answer) => {
        (dialog.firstElementChild as Element).textContent = hasEffect ? `Done: ${title}` : title;
        form.replaceWith(ended(intent, answer));
        dialog.querySelector('button')?.focus();
        if (hasEffect) void desk.refresh();
      },
      (error: unknown) => {
        effect.hidden = false;
        effect.replaceChildren(refusalNotice(error));
        // What nobody knows to be undone is not done again by a second press.
        act.disabled = error instanceof Refusal && (error.status === 0 || error.status === 504);
      },
    );
  };
  (form.querySelector<HTMLElement>('.field input, .field select') ?? reason).focus();
  if (hasEffect) void showEffect();
}

function actForm({ operation, title, fixed, preset, without, isGrave }: Intent): ActForm {
  const { fields, kind, summary } = operation;
  const open = fields.filter(({ name }) => !(name in fixed) && !without.includes(name));
  const effect = h('div', { class: 'effect', 'aria-live': 'polite', hidden: kind !== 'action' });
  const act = h('button', { type: 'submit', class: isGrave ? 'grave' : 'primary', disabled: kind === 'action' }, title);
  const aboutReason = { id: 'act-reason', name: 'reason', required: true, maxlength: 500, rows: 2, 'aria-describedby': 'act-reason-about' };
  const reason = h('textarea', aboutReason);
  const form = h(
    'form',
    { class: 'act' },
    h('p', { class: 'quiet' }, `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`),
    Object.keys(fixed).length > 0 &&
      h(
        'dl',
        { class: 'facts tight' },
        Object.entries(fixed).map(([name, value]) => fact(labelText(name), String(value))),
      ),
    h(
      'div',
      { class: 'fields' },
      open.map((field) => fieldInput(field, preset[field.name], 'act')),
    ),
    effect,
    h(
      'div',
      { class: 'field' },
      h('label', { for: 'act-reason' }, 'Reason'),
      reason,
      h('span', { class: 'about', id: 'act-reason-about' }, 'Why it is done: kept with your name in the audit.'),
    ),
    h('div', { class: 'buttons' }, closer('Cancel'), act),
  );
  return { form, effect, act, reason, open };
}

interface Effect {
  /** Shows what the form as it is filled in would do. Of several answers the one to the latest question is shown. */
  readonly showEffect: () => Promise<void>;
  /** Whether what is shown is the effect of what stands in the form. */
  readonly isShown: () => boolean;
}

function effectOf(intent: Intent, its: ActForm): Effect {
  const { effect, act, open } = its;
  let asked = 0;
  let shown: string | undefined;
  const showEffect = async (): Promise<void> => {
    const ours = (asked += 1);
    act.disabled = true;
    shown = undefined;
    const body = bodyOf(intent, its);
    if (open.some(({ name, isRequired }) => isRequired && !(name in body))) {
      effect.replaceChildren(h('p', { class: 'quiet' }, 'Fill in what is asked for: then this shows what it would do.'));
      return;
    }
    effect.replaceChildren(h('p', { class: 'quiet' }, 'Finding out what this would do…'));
    try {
      const would = await askEffect(intent.operation.name, body);
      if (ours !== asked) return;
      effect.replaceChildren(h('h3', {}, 'This would do'), sheet(would));
      act.disabled = false;
      shown = JSON.stringify(body);
    } catch (error) {
      if (ours === asked) effect.replaceChildren(refusalNotice(error, 'This would be refused.'));
    }
  };
  return { showEffect, isShown: () => shown === JSON.stringify(bodyOf(intent, its)) };
}

function bodyOf({ fixed }: Intent, { form, open }: ActForm): Readonly<Record<string, string | number | boolean>> {
  return { ...fixed, ...readForm(form, open) };
}

function ended({ show = sheet }: Intent, answer: Json): HTMLElement {
  return h('div', { class: 'act' }, h('div', { role: 'status', class: 'effect' }, show(answer)), h('div', { class: 'buttons' }, closer()));
}
