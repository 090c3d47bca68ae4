import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leavesOf } from '../../config/option.ts';
import { systems } from '../../pipelines/index.ts';
import { joinedSchema } from '../../src/commandLine/systems.ts';
import { errorCodes } from '../../src/errors.ts';
import { say } from '../commandLine/aPlace.ts';
import { rules } from '../support/monitoring.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operations.md'), 'utf8');

/** The anchors of the headings, as they are linked to. */
const anchors = [...page.matchAll(/^## (.*)$/gm)].map(([, title = '']) =>
  title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-'),
);

/** The lines of commands, each without its comment. */
const commands = [...page.matchAll(/^weir .*$/gm)].map(([line]) => line.replace(/\s+# .*$/, ''));

describe('docs/operations.md', () => {
  it.each([...new Set(commands)])('shows a command that there is: %s', async (command) => {
    const [, ...words] = command.replaceAll(/"[^"]*"/g, 'TEXT').split(' ');
    const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word));
    const names = end < 0 ? words : words.slice(0, end);
    const { exitCode, output } = await say([...names, '--help']);
    expect({ exitCode, usage: output.split('\n')[0] }).toEqual({
      exitCode: 0,
      usage: expect.stringContaining(`weir ${names.join(' ')}`) as string,
    });
    const flags = words.filter((word) => word.startsWith('--'));
    expect(flags.filter((flag) => !new RegExp(`^ +${flag}\\b`, 'm').test(output))).toEqual([]);
  });

  it('has a place for every alert, with its name, and for every link', () => {
    for (const { alert, annotations } of rules()) {
      const [file, anchor] = (annotations['runbook_url'] ?? '').split('#');
      expect(file).toBe('docs/operations.md');
      expect(anchors).toContain(anchor);
      expect(page).toContain(`\`${alert}\``);
    }
    const links = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor = '']) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
  });

  it('has each section once', () => {
    expect(anchors.filter((anchor, at) => anchors.indexOf(anchor) !== at)).toEqual([]);
    for (const subject of ['keys', 'parked', 'member']) expect(anchors.filter((anchor) => anchor.includes(subject))).toHaveLength(1);
  });

  it('tells what to do about the codes that dead letters of bills have', () => {
    const told = [...page.matchAll(/^\| `(\w+)` \| .+ \| .+ \|$/gm)].map(([, code = '']) => code);
    const codes = ['refused', 'decryption', 'undecodable', 'defect', 'notFound', 'exhausted', 'keyMissing'];
    expect(codes.filter((code) => !told.includes(code))).toEqual([]);
  });

  it('names options and error codes that there are', () => {
    const paths = leavesOf(joinedSchema(systems)).map(({ path }) => path);
    const named = [...page.matchAll(/`((?:runtime|bus|jobs|keys|sms|schedules|billing\.redispatch|admin)\.\w[\w.]*)`/g)].map(
      ([, path = '']) => path,
    );
    expect(named.filter((path) => path !== 'schedules.NAME.enabled' && !paths.includes(path))).toEqual([]);
    const codes = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']) => code);
    expect(codes.filter((code) => !(code in errorCodes))).toEqual([]);
  });
});
