#!/usr/bin/env node
// node bin/projectNode.js COMMAND [ARGUMENT…]: runs a command under the project's Node.js, having installed what is missing.
// Written for Node.js 18 and newer, without dependencies: it is what runs first on a fresh clone.
import { become } from './become.js';
import { prepare } from './prepare.js';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('usage: node bin/projectNode.js COMMAND [ARGUMENT…]');
  process.exit(64);
}
become(command, args, prepare({ isProduction: false }));
