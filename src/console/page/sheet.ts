import type { Json, Sheet } from './api.ts';
import { badge } from './badge.ts';
import { h, type Child } from './dom.ts';
import { isMoment, moment } from './moment.ts';
import { table } from './table.ts';
import { countText, digitsText, durationText, labelText, millisText, rateText } from './text.ts';

/** Fields that this page tells elsewhere, or better. */
export interface SheetOptions {
  readonly without?: readonly string[];
  /** Of the headings of its parts: 2 where it stands right below the title of a view; else 3. */
  readonly level?: 2 | 3;
  /** What a field's value is shown as, where that is not by its type alone. */
  readonly as?: Readonly<Record<string, (value: Json) => Child>>;
}

/** Shows any answer of the API: what is single as names and values, lists as tables below. */
export function sheet(answer: Json, options: SheetOptions = {}): HTMLElement {
  if (isList(answer)) return listOf('Rows', answer, options);
  if (!isSheet(answer)) return h('p', {}, value('', answer, options));
  const fields = entriesOf(answer, options);
  const single = fields.filter(([, one]) => !isNested(one));
  const nested = fields.filter(([, one]) => isNested(one));
  return h(
    'div',
    { class: 'sheet' },
    single.length > 0 &&
      h(
        'dl',
        { class: 'facts' },
        single.map(([field, one]) => fact(labelText(field), value(field, one, options))),
      ),
    nested.map(([field, one]) =>
      h('section', { class: 'part' }, h(options.level === 2 ? 'h2' : 'h3', {}, labelText(field)), nestedOf(field, one, options)),
    ),
  );
}

/** One name with its value, within a `dl`. */
export function fact(name: string, ...content: readonly Child[]): HTMLElement {
  return h('div', {}, h('dt', {}, name), h('dd', {}, ...content));
}

function nestedOf(field: string, one: Json, options: SheetOptions): HTMLElement {
  const within = { ...options, level: 3 } as const;
  return isList(one) ? listOf(labelText(field), one, within) : sheet(one, within);
}

function listOf(caption: string, rows: readonly Json[], options: SheetOptions): HTMLElement {
  if (rows.length === 0) return h('p', { class: 'empty' }, 'None.');
  const sheets = rows.filter(isSheet);
  if (sheets.length < rows.length)
    return h(
      'ul',
      {},
      rows.map((row) => h('li', {}, isNested(row) ? nestedOf('', row, options) : value('', row, options))),
    );
  const names = [...new Set(sheets.flatMap((row) => entriesOf(row, options).map(([field]) => field)))];
  // A column that says nothing of any row takes room from the others.
  const telling = names.filter((name) => sheets.some((row) => row[name] !== null && row[name] !== undefined));
  return table<Sheet>({
    caption,
    rows: sheets,
    columns: telling.map((name) => ({
      title: labelText(name),
      isNumber: sheets.every((row) => isNumeric(name, row[name])),
      cell: (row) => {
        const one = row[name] ?? null;
        return isNested(one) ? nestedOf(name, one, options) : value(name, one, options);
      },
    })),
    empty: 'None.',
  });
}

function value(field: string, one: Json, { as = {} }: SheetOptions): Child {
  const own = as[field];
  if (own !== undefined) return own(one);
  if (one === null || one === '') return '–';
  if (typeof one === 'boolean') return one ? 'yes' : 'no';
  if (typeof one === 'number') return numberText(field, one);
  if (typeof one !== 'string') return isList(one) && one.length === 0 ? 'none' : sheet(one);
  if (stateFields.has(field)) return badge(one);
  if (field.endsWith('Minor')) return `${digitsText(one)} won`;
  if (amountFields.has(field)) return digitsText(one);
  return isMoment(one) ? moment(one) : one;
}

function numberText(field: string, one: number): string {
  if (field.endsWith('Ms')) return millisText(one);
  if (field.endsWith('PerSecond') || field === 'rate') return rateText(one);
  if (field.endsWith('Seconds')) return durationText(one);
  return countText(one);
}

const stateFields = new Set(['state', 'status', 'is', 'was', 'from', 'to', 'refundStatus', 'result', 'source', 'lastState']);
const amountFields = new Set(['amount', 'balance', 'balanceInRedis']);

function isNumeric(field: string, one: Json | undefined): boolean {
  if (one === null || one === undefined || typeof one === 'number') return true;
  return typeof one === 'string' && (field.endsWith('Minor') || amountFields.has(field)) && /^-?\d+$/.test(one);
}

function entriesOf(of: Sheet, { without = [] }: SheetOptions): readonly (readonly [string, Json])[] {
  return Object.entries(of).flatMap(([field, one]) => (one === undefined || without.includes(field) ? [] : [[field, one] as const]));
}

function isList(one: Json): one is readonly Json[] {
  return Array.isArray(one);
}

function isSheet(one: Json): one is Sheet {
  return typeof one === 'object' && one !== null && !Array.isArray(one);
}

function isNested(one: Json): boolean {
  return typeof one === 'object' && one !== null;
}
