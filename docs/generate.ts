import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPages } from './tables.ts';

/** `npm run docs`: writes the pages of docs/ that are made from declarations. */
for (const [file, text] of generatedPages()) writeFileSync(join(import.meta.dirname, file), text);
