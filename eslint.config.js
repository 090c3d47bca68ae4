// @ts-check
import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import rxjsX from 'eslint-plugin-rxjs-x';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores(['node_modules', 'tools', 'coverage']),
  {
    files: ['**/*.ts'],
    extends: [eslint.configs.recommended, tseslint.configs.strictTypeChecked, rxjsX.configs.strict],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Time and chance come from the injected clocks, so that a seed replays a run.
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Ask the clock of the run.' },
        { object: 'Math', property: 'random', message: 'Ask the clock of the run.' },
        { object: 'process', property: 'env', message: 'Only config/ reads the environment; values are handed on.' },
      ],
      // Names end in $ outside operators/ (see the override below).
      'rxjs-x/finnish': 'off',
      'rxjs-x/no-sharereplay': 'error',
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'rxjs', importNames: ['groupBy'], message: 'groupBy with a bounded mergeMap loses messages: use mergeMapByKey.' },
          ],
        },
      ],
    },
  },
  {
    // Entry points, services for developers, tests and benchmarks meet the real clock and the real environment.
    files: [
      'config/load.ts',
      'src/commandLine/runProcess.ts',
      'src/runtime/clock.ts',
      'stack/**',
      'simulators/**',
      'bench/**',
      'test/**',
      '*.config.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // A pipeline is read, not run in the head: no loop, no branch and no number stands in its chain.
    files: ['**/*.pipeline.ts', '**/*.job.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.property.name="subscribe"]:not([callee.object.name="bus"])',
          message: 'The runtime subscribes.',
        },
        { selector: 'NewExpression[callee.name=/Subject$/]', message: 'A chain has one source.' },
        { selector: 'Property[key.name="chain"] IfStatement', message: 'Decide in a pure function of a domain file.' },
        { selector: 'Property[key.name="chain"] Literal[raw=/^[0-9]/]', message: 'A number in a chain is an option.' },
      ],
    },
  },
  {
    // Text of a message enters the page as text: nothing there makes HTML of it, or runs it.
    files: ['src/console/page/**'],
    rules: {
      'no-eval': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'AssignmentExpression > MemberExpression.left[property.name=/^(innerHTML|outerHTML|srcdoc)$/]',
          message: 'Make elements by h().',
        },
        {
          selector: 'CallExpression[callee.property.name=/^(insertAdjacentHTML|setHTMLUnsafe|createContextualFragment|write|writeln)$/]',
          message: 'Make elements by h().',
        },
      ],
    },
  },
  {
    files: ['test/**', 'bench/**'],
    rules: { 'max-lines-per-function': 'off', 'rxjs-x/no-ignored-subscription': 'off', 'rxjs-x/no-ignored-error': 'off' },
  },
  {
    files: ['bin/*.js', '*.config.js', '.dependency-cruiser.js'],
    extends: [eslint.configs.recommended],
    languageOptions: { globals: { process: 'readonly', console: 'readonly' } },
  },
);
