import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboards } from '../grafana/source/dashboards.ts';
import { generatedPages } from './tables.ts';

/** `npm run docs`: writes what is made from declarations, the pages of docs/ and the dashboards of Grafana. */
for (const [file, text] of generatedPages()) writeFileSync(join(import.meta.dirname, file), text);
for (const [file, text] of dashboards()) writeFileSync(join(import.meta.dirname, '..', 'grafana', 'dashboards', file), text);
