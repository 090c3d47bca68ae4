#!/usr/bin/env node
// node bin/makeSecrets.js [FOLDER]: makes the secrets that docker-compose.yml names, each in a file. Those that are there stay as
// they are: without its key ring, what a database holds can never be read again.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? join(import.meta.dirname, '..', 'deploy', 'secrets');

/**
 * The content of a secret; made where it is missing.
 *
 * @param {string} name
 * @param {string} made
 * @returns {string}
 */
function secret(name, made) {
  const file = join(folder, name);
  if (existsSync(file)) return readFileSync(file, 'utf8');
  // The users of the containers are others than ours, so each may read the file; the folder keeps everyone else out.
  writeFileSync(file, made, { mode: 0o644, flag: 'wx' });
  console.log(`made ${file}`);
  return made;
}

const password = () => randomBytes(24).toString('base64url');

mkdirSync(folder, { recursive: true, mode: 0o700 });
const postgres = secret('postgres_password', password());
secret('database_url', `postgres://weir:${postgres}@postgres:5432/weir`);
const redis = secret('redis_password', password());
secret('redis_configuration', `requirepass ${redis}\n`);
secret('redis_url', `redis://:${redis}@redis:6379`);
secret('keys_ring', `first:${randomBytes(32).toString('base64')}`);
secret('grafana_password', password());
