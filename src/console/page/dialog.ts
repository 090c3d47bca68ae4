import { h, type Child } from './dom.ts';

/** How many dialogs there have been: each is named by a title of its own. */
let opened = 0;

/** Opens a dialog with a title, above everything. Esc closes it; then it is gone, and the focus is where it was. */
export function openDialog(
  title: string,
  content: readonly Child[],
  { isWide = false }: { readonly isWide?: boolean } = {},
): HTMLDialogElement {
  const id = `dialog-${(opened += 1)}`;
  const dialog = h('dialog', { 'aria-labelledby': id, class: isWide ? 'wide' : undefined }, h('h2', { id }, title), content);
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** A button that closes the dialog that it stands in. */
export function closer(title = 'Close'): HTMLButtonElement {
  const close = (event: Event): void => (event.currentTarget as HTMLElement).closest('dialog')?.close();
  return h('button', { type: 'button', onclick: close }, title);
}
