// Loaded before a process of Weir, as an SDK is (`NODE_OPTIONS=--import`): each of its spans is a line of the file that SPAN_FILE names.
import { appendFileSync } from 'node:fs';
import { installRecorder } from './installRecorder.ts';

const file = process.env['SPAN_FILE'];
if (file === undefined) throw new TypeError('SPAN_FILE names no file');
installRecorder((span) => appendFileSync(file, `${JSON.stringify(span)}\n`));
