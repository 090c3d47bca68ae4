import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { madeOnce } from './madeOnce.ts';

const run = promisify(execFile);
const pom = join(import.meta.dirname, '..', 'tools', 'kafka', 'pom.xml');
const oldestJava = 17;

/** What runs Kafka. */
export interface KafkaBinaries {
  /** The command. */
  readonly java: string;
  /** All jars of Kafka. */
  readonly classPath: string;
  /** The versions of Kafka and Java, such as `4.3.1-java-17.0.15`: what one pair prepares is of no use to another. */
  readonly version: string;
}

/**
 * Finds Java 17 or newer (that of JAVA_HOME, else the one in PATH) and the jars of Kafka, which Maven fetches into the cache folder
 * the first time (5 to 10 s, 44 MB). Throws one sentence where Java, Maven or the jars are not to be had.
 */
export async function kafkaBinaries(): Promise<KafkaBinaries> {
  const home = process.env['JAVA_HOME'] ?? '';
  const java = home === '' ? 'java' : join(home, 'bin', 'java');
  const javaVersion = await versionOf(java);
  if (Number.parseInt(javaVersion) < oldestJava) throw missing(`install Java ${oldestJava} or newer, or set JAVA_HOME to it`);
  const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(readFileSync(pom, 'utf8'))?.[1] ?? '';
  const jars = await madeOnce(`kafka-${version}`, fetchJars);
  return { java, classPath: join(jars, '*'), version: `${version}-java-${javaVersion}` };
}

/** Such as `17.0.15`; `0` where it does not run. */
async function versionOf(java: string): Promise<string> {
  try {
    const { stdout } = await run(java, ['--version']);
    return /^\S+ (\d[\w.+-]*)/.exec(stdout)?.[1] ?? '0';
  } catch {
    return '0';
  }
}

async function fetchJars(folder: string): Promise<void> {
  const copy = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
  try {
    await run('mvn', ['-B', '-q', '-f', pom, ...copy]);
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code !== 'ENOENT';
    throw missing(
      isThere ? 'let Maven reach its repository ("mvn -f tools/kafka/pom.xml dependency:resolve" tells why)' : 'install Maven',
      cause,
    );
  }
}

function missing(wayOut: string, cause?: unknown): Error {
  return new Error(`A Kafka broker is needed for what runs over the Kafka bus: ${wayOut}.`, { cause });
}
