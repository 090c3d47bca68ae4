import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leavesOf } from '../../config/option.ts';
import { deadLettersGroup, emailDeadLetters } from '../../pipelines/billing/deadLetters.pipeline.ts';
import { deliverGroup } from '../../pipelines/billing/deliver.pipeline.ts';
import { deliverSmsGroup } from '../../pipelines/billing/deliverSms.pipeline.ts';
import { emailTopic } from '../../pipelines/billing/dispatchedBill.ts';
import { textTopic } from '../../pipelines/billing/requestedText.ts';
import { notifyGroup } from '../../pipelines/payments/notify.pipeline.ts';
import { succeededTopic } from '../../pipelines/payments/succeededPayment.ts';
import { bankCallsGroup } from '../../pipelines/remittance/bankCalls.pipeline.ts';
import {
  dueCallDeadLetters,
  dueCallFailuresGroup,
  endedCallDeadLetters,
  endedCallFailuresGroup,
} from '../../pipelines/remittance/callDeadLetters.pipeline.ts';
import { depositedDeadLetters, failedEventsGroup } from '../../pipelines/remittance/deadLetters.pipeline.ts';
import { depositedTopic, dueCallTopic, endedCallTopic } from '../../pipelines/remittance/remittanceTopics.ts';
import { settleRemittancesGroup } from '../../pipelines/remittance/settle.pipeline.ts';
import { withdrawGroup } from '../../pipelines/remittance/withdraw.pipeline.ts';
import { systems } from '../../pipelines/index.ts';
import { exitCodes } from '../../src/commandLine/exitCodes.ts';
import { joinedSchema } from '../../src/commandLine/joinedOptions.ts';
import { replaceReasons, sourceStates } from '../../src/connectors/sourceStatus.ts';
import { topicConfigs } from '../../src/connectors/kafka/topicConfig.ts';
import { errorCodes } from '../../src/errors.ts';
import { say } from '../commandLine/aPlace.ts';
import { rules } from '../support/monitoring.ts';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'operations.md'), 'utf8');

/** How long messages are kept, in words, by their time in milliseconds. */
const kept: Readonly<Record<string, string>> = { '-1': 'for ever', '604800000': 'a week', '7776000000': '90 days' };

/** The anchors of the headings, as they are linked to. */
const anchors = [...page.matchAll(/^##+ (.*)$/gm)].map(([, title = '']) =>
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
    const named = [
      ...page.matchAll(/`((?:runtime|bus|kafka|jobs|outbox|keys|sms|chat|schedules|billing\.redispatch|admin)\.\w[\w.]*)`/g),
    ].map(([, path = '']) => path);
    expect(named.filter((path) => path !== 'schedules.NAME.enabled' && !paths.includes(path))).toEqual([]);
    const codes = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']) => code);
    expect(codes.filter((code) => !(code in errorCodes))).toEqual([]);
  });

  it('tells what every exit code means', () => {
    const told = [...page.matchAll(/^\| (\d+) \| \S/gm)].map(([, code]) => Number(code));
    expect(told).toEqual(Object.values(exitCodes));
  });

  it('tells of every topic in Kafka how many partitions it has, who reads it and how long it is kept', () => {
    const told = [...page.matchAll(/^\| `((?:queuing|payment|remittance)\.[\w.]+)` \| (\d+) \| (\S+) \| (.+) \|$/gm)].map(
      ([, ...cells]) => cells,
    );
    const groups: Readonly<Record<string, string>> = {
      [emailTopic.name]: deliverGroup,
      [textTopic.name]: deliverSmsGroup,
      [emailDeadLetters.name]: deadLettersGroup,
      [succeededTopic.name]: notifyGroup,
      [dueCallTopic.name]: bankCallsGroup,
      [dueCallDeadLetters.name]: dueCallFailuresGroup,
      [endedCallDeadLetters.name]: endedCallFailuresGroup,
      [endedCallTopic.name]: settleRemittancesGroup,
      [depositedTopic.name]: withdrawGroup,
      [depositedDeadLetters.name]: failedEventsGroup,
    };
    const made = topicConfigs(
      systems.topics.filter(({ isOnRedis }) => isOnRedis !== true),
      1,
    ).map(({ topic, numPartitions, configEntries = [] }) => {
      const group = groups[topic];
      const retainMs = configEntries.find(({ name }) => name === 'retention.ms')?.value ?? '';
      return [topic, String(numPartitions), group === undefined ? 'none' : `\`${group}\``, kept[retainMs]];
    });
    expect(told.sort()).toEqual(made.sort());
  });

  it('tells what each state of a source means, and each reason to replace what reads', () => {
    const firstCells = (heading: string): readonly string[] => {
      const [, section = ''] = new RegExp(`^##+ ${heading}$([\\s\\S]*?)^##`, 'm').exec(page) ?? [];
      return [...section.matchAll(/^\| ([a-z][\w, ]*) \|/gim)].flatMap(([, cell = '']) => cell.split(', ')).slice(1);
    };
    expect(firstCells('Who reads what')).toEqual([...sourceStates]);
    expect(firstCells('Readers are replaced')).toEqual([...replaceReasons]);
  });

  it('quotes what is said about the bus as it is said', () => {
    const [, section = ''] = /^### What the log says of the bus$([\s\S]*?)^##/m.exec(page) ?? [];
    const quoted = [...section.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+ [^`]+)`/g)]);
    // Placeholders, and the broker's own words, are what differs.
    const parts = quoted.flatMap(([, sentence = '']) => sentence.split(/…|: |[A-Z]+_[A-Z_]+/)).filter((part) => part.trim() !== '');
    const sources = [
      'connectors/kafka/translateError',
      'connectors/kafka/provideTopics',
      'connectors/kafka/checkSessionTimeout',
      'commandLine/openBus',
    ];
    const said = sources.map((name) => readFileSync(join(root, 'src', `${name}.ts`), 'utf8').replaceAll('${name}', 'Kafka')).join('');
    expect(parts.length).toBeGreaterThan(10);
    expect(parts.filter((part) => !said.includes(part))).toEqual([]);
  });
});
