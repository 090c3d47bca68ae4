#!/usr/bin/env node
// The command `weir`: src/main.ts under the project's Node.js. A recent Node.js runs it as it stands and fetches nothing.
import { join } from 'node:path';
import { become } from './become.js';
import { isRecentNode, root } from './installation.js';
import { nodeOptions } from './nodeOptions.js';
import { prepare } from './prepare.js';

const command = isRecentNode ? process.execPath : 'node';
const args = [...nodeOptions, join(root, 'src/main.ts'), ...process.argv.slice(2)];
become(command, args, isRecentNode ? process.env : prepare({ isProduction: true }));
