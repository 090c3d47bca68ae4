import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedPages } from '../../docs/tables.ts';

describe('the pages made from declarations', () => {
  it.each([...generatedPages()])('%s is as the declarations are (npm run docs)', (file, text) => {
    expect(readFileSync(join(import.meta.dirname, '..', '..', 'docs', file), 'utf8')).toBe(text);
  });
});
