import { ask, type Json } from '../api.ts';
import { h } from '../dom.ts';
import { paging } from '../filters.ts';
import { moment } from '../moment.ts';
import { notice } from '../notice.ts';
import { mayDo } from '../session.ts';
import { sheet } from '../sheet.ts';
import { table } from '../table.ts';
import { addressOf, type Place, type View } from '../view.ts';

interface AuditRow {
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly target: string | null;
  readonly reason: string;
  readonly input: Json;
  readonly result: Json;
}

/** Rows on one page. */
const pageSize = 50;

/** Who did what, when, why, and what came of it; the latest first. */
export const auditView: View = {
  look: async (desk, place) => {
    const needed = desk.operations.get('audit.list')?.role ?? 'admin';
    if (!mayDo(desk.session.role, needed)) {
      const { name, role } = desk.session;
      return {
        title: 'Audit',
        body: notice(`To read the audit needs the role ${needed}; ${name} is ${role}. Ask whoever makes tokens for one.`),
      };
    }
    const given = (name: string): string | undefined => place.query.get(name) ?? undefined;
    const filter = { actor: given('actor'), action: given('action'), before: given('before'), limit: pageSize };
    const rows = await ask<readonly AuditRow[]>('audit.list', filter);
    return {
      title: 'Audit',
      body: [
        mayDo(desk.session.role, 'admin') ? null : h('p', {}, `What ${desk.session.name} did. What others did needs the role admin.`),
        chosen(place),
        auditTable(rows),
        paging(['audit'], place, rows.length < pageSize ? null : (rows.at(-1)?.id ?? null), 'before'),
      ],
    };
  },
};

function chosen(place: Place): HTMLElement | null {
  const [actor, action] = [place.query.get('actor'), place.query.get('action')];
  if (actor === null && action === null) return null;
  return h('p', {}, `Only ${[actor, action].filter((one) => one !== null).join(', ')}. `, h('a', { href: '#/audit' }, 'Everything'));
}

function auditTable(rows: readonly AuditRow[]): HTMLElement {
  return table<AuditRow>({
    caption: 'Audit',
    rows,
    keyOf: ({ id }) => id,
    empty: 'No rows. Nobody has acted yet.',
    columns: [
      { title: 'When', cell: ({ at }) => moment(at) },
      {
        title: 'Who',
        cell: ({ actor, role }) => [h('a', { href: addressOf(['audit'], { actor }) }, actor), h('span', { class: 'why' }, role)],
      },
      {
        title: 'What',
        cell: ({ action, target }) => [h('a', { href: addressOf(['audit'], { action }) }, action), h('span', { class: 'why' }, target)],
      },
      { title: 'Why', isWide: true, cell: ({ reason }) => reason },
      {
        title: 'Given and answered',
        isWide: true,
        cell: ({ id, input, result }) =>
          h(
            'details',
            { 'data-key': id },
            h('summary', {}, 'Show'),
            h('h3', {}, 'Given'),
            sheet(input),
            h('h3', {}, 'Answered'),
            // A look is not kept.
            result === null ? h('p', { class: 'empty' }, 'Not kept.') : sheet(result),
          ),
      },
    ],
  });
}
