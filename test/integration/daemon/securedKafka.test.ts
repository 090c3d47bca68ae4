import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  AclOperationTypes as Operation,
  AclPermissionTypes,
  AclResourceTypes as Resource,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type Admin,
} from 'kafkajs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { temporaryFolder } from '../../../stack/folders.ts';
import { freePort } from '../../../stack/freePort.ts';
import { kafkaBinaries } from '../../../stack/kafkaBinaries.ts';
import { javaArguments } from '../../../stack/kafkaBroker.ts';
import { localhostCertificate } from '../../connectors/smtp/localhostCertificate.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { runWeir, startWeir } from '../../support/weirProcess.ts';
import { aMonth, type AMonth } from './aMonth.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const user = 'weir';
const password = 'correct horse';

/** A broker that speaks TLS and SASL SCRAM on one port and lets nobody do anything without a right; plainly, to the test alone, on the other. */
async function aSecuredKafka(): Promise<{ readonly plain: string; readonly secured: string }> {
  const [port, securedPort, controllerPort] = [await freePort(), await freePort(), await freePort()];
  const oneLine = (pem: string): string => pem.trimEnd().replaceAll('\n', '\\n');
  const kafka = await aPrivateKafka({
    port,
    settings: [
      `listeners=CLIENTS://127.0.0.1:${port},SECURED://127.0.0.1:${securedPort},CONTROLLER://127.0.0.1:${controllerPort}`,
      `advertised.listeners=CLIENTS://127.0.0.1:${port},SECURED://localhost:${securedPort}`,
      `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
      'listener.security.protocol.map=CLIENTS:PLAINTEXT,SECURED:SASL_SSL,CONTROLLER:PLAINTEXT',
      'listener.name.secured.ssl.keystore.type=PEM',
      `listener.name.secured.ssl.keystore.certificate.chain=${oneLine(localhostCertificate.cert)}`,
      `listener.name.secured.ssl.keystore.key=${oneLine(localhostCertificate.key)}`,
      'listener.name.secured.sasl.enabled.mechanisms=SCRAM-SHA-512',
      'listener.name.secured.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users=User:ANONYMOUS',
    ],
  });
  const plain = new URL(kafka.url).host;
  const binaries = await kafkaBinaries();
  const credential = `SCRAM-SHA-512=[iterations=4096,password=${password}]`;
  const words = ['--bootstrap-server', plain, '--alter', '--entity-type', 'users', '--entity-name', user, '--add-config', credential];
  await promisify(execFile)(binaries.java, [...javaArguments(binaries, tmpdir()), 'kafka.admin.ConfigCommand', ...words]);
  return { plain, secured: `localhost:${securedPort}` };
}

async function onKafka(brokers: string, work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await work(admin).finally(() => admin.disconnect());
}

/** Gives rights on everything whose name begins so. */
function allow(brokers: string, resourceType: Resource, resourceName: string, operations: readonly Operation[]): Promise<void> {
  const acl = operations.map((operation) => ({
    ...{ resourceType, resourceName, operation, principal: `User:${user}`, host: '*' },
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    permissionType: AclPermissionTypes.ALLOW,
  }));
  return onKafka(brokers, (admin) => admin.createAcls({ acl }));
}

describe.skipIf(sharedKafka() === undefined)('a daemon over a Kafka that wants TLS, a password and rights', () => {
  let month: AMonth;
  let plain: string;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    month = await aMonth();
    const kafka = await aSecuredKafka();
    plain = kafka.plain;
    const folder = temporaryFolder('authority');
    const authority = join(folder, 'localhost.pem');
    writeFileSync(authority, localhostCertificate.cert);
    environment = {
      ...month.environment,
      ...{ WEIR_BUS_KIND: 'kafka', WEIR_KAFKA_BROKERS: kafka.secured, WEIR_KAFKA_USER: user, WEIR_KAFKA_PASSWORD: password },
      NODE_EXTRA_CA_CERTS: authority,
    };
  });

  it('that does not trust its certificate, or speaks no TLS, cannot reach it, and says what to look at', async () => {
    for (const wrong of [{ NODE_EXTRA_CA_CERTS: '' }, { WEIR_KAFKA_REQUIRE_TLS: 'false' }]) {
      const daemon = startWeir({ ...environment, ...wrong }, 'run');
      const line = await daemon.logged('Kafka failed a command: it is tried again until it works');
      expect([line['code'], line['error']]).toEqual(['unavailable', expect.stringContaining('see kafka.brokers (WEIR_KAFKA_BROKERS)')]);
      expect((await daemon.stop()).code).toBe(0);
    }
  });

  it('with a wrong password is refused, and says so once', async () => {
    const wrong = { ...environment, WEIR_KAFKA_PASSWORD: 'wrong horse' };
    const check = await runWeir(wrong, 'config', 'check', '--connect');
    expect([check.code, check.output]).toEqual([1, expect.stringMatching(/^kafka +Kafka refuses the user or its password$/m)]);
    expect(check.output + check.errors).not.toContain('wrong horse');
    const daemon = startWeir(wrong, 'run');
    const line = await daemon.logged('Kafka failed a command: it is tried again until it works');
    expect([line['code'], line['error']]).toEqual(['refused', expect.stringContaining('Kafka refuses the user or its password')]);
    expect(daemon.errors()).not.toContain('wrong horse');
    expect((await daemon.stop()).code).toBe(0);
  });

  it('without rights finds no topic; with those of the runbook it makes and reads them, and says which it lacks, or which option is wrong', async () => {
    const refused = await runWeir(environment, 'run');
    expect([refused.code, refused.errors]).toEqual([
      78,
      expect.stringMatching(/Kafka lacks the topic queuing\.billing\.\S+: run weir migrate/),
    ]);

    const { READ, WRITE, DESCRIBE, CREATE, ALTER } = Operation;
    await allow(plain, Resource.TOPIC, 'queuing.billing.', [READ, WRITE, DESCRIBE, CREATE, ALTER]);
    await allow(plain, Resource.TOPIC, 'payment.', [READ, WRITE, DESCRIBE, CREATE, ALTER]);
    await allow(plain, Resource.TOPIC, 'remittance.', [READ, WRITE, DESCRIBE, CREATE, ALTER]);
    const migrated = await runWeir(environment, 'migrate');
    expect([migrated.code, migrated.errors]).toEqual([0, expect.anything()]);
    const daemon = startWeir(environment, 'run');
    const line = await daemon.logged('Kafka failed a command: it is tried again until it works');
    expect([line['code'], line['error']]).toEqual(['unavailable', expect.stringContaining('the right to read the group is missing')]);
    await allow(plain, Resource.GROUP, 'cg-', [READ]);
    await daemon.logged('partitions assigned');
    await daemon.logged('Kafka is back');
    expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });

    const impatient = startWeir({ ...environment, WEIR_KAFKA_SESSION_TIMEOUT_MS: '1800001' }, 'run');
    await impatient.logged('pipeline failed for good: it reads no more until this process is started again', {
      pipeline: 'billing.deliver',
    });
    expect(await impatient.logged('pipeline failed')).toMatchObject({
      code: 'invalidOption',
      error: expect.stringContaining('Kafka refuses kafka.sessionTimeoutMs: it must lie within') as string,
    });
    const ready = await impatient.ask('/readyz');
    expect([ready.status, JSON.parse(ready.text)]).toEqual([503, expect.objectContaining({ status: 'failed' })]);
    await impatient.stop();
  });
});
