import { actionButton } from '../actionButton.ts';
import { ask, type Sheet } from '../api.ts';
import { checkButton } from '../checkButton.ts';
import type { Desk } from '../desk.ts';
import { h, type Child } from '../dom.ts';
import { finder } from '../finder.ts';
import { mayDo } from '../session.ts';
import { sheet } from '../sheet.ts';
import { addressOf, type View } from '../view.ts';

/** The deposit account of a user, what was put aside, the check of all balances, and their rebuilding in Redis. */
export const depositsView: View = {
  look: async (desk, { part }) => {
    const found = part === undefined ? undefined : await ask<Sheet>('deposits.show', { user: part });
    return {
      title: part === undefined ? 'Deposits' : `Deposits of user ${part}`,
      body: [
        finder({
          label: 'Find a user',
          hint: 'Number of the user',
          value: part ?? '',
          find: (user) => (location.hash = addressOf(['deposits', user])),
        }),
        h(
          'div',
          { class: 'actions' },
          checkButton('deposits.check', 'Check all balances'),
          actionButton(desk, 'deposits.rebuild', 'Rebuild balances in Redis'),
        ),
        found !== undefined && sheet(found, { level: 2 }),
        part === undefined && (await aside(desk)),
      ],
    };
  },
};

async function aside(desk: Desk): Promise<Child> {
  const title = h('h2', {}, 'Not believed');
  const needed = desk.operations.get('deposits.aside')?.role ?? 'operator';
  if (!mayDo(desk.session.role, needed))
    return h('section', {}, title, h('p', { class: 'empty' }, `To see this needs the role ${needed}.`));
  const { aside: rows } = await ask<{ aside: readonly Sheet[] }>('deposits.aside');
  return h(
    'section',
    {},
    title,
    h('p', { class: 'quiet' }, 'What stood in Redis where staged balances stand, and was of nobody who may write there.'),
    rows.length === 0 ? h('p', { class: 'empty' }, 'Nothing was put aside.') : sheet(rows),
  );
}
