import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { pureRules, workflowRules } from './tools/eslint/determinism.mjs';
import { noOuterDb } from './tools/eslint/no-outer-db.mjs';

const everywhere = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'ExportAllDeclaration', message: 'Say what is exported.' },
];

export default defineConfig(
  { ignores: ['dist/', 'coverage/', 'examples/'] },
  {
    // No exception inside a file: what a rule gets wrong is mended here, where everybody sees it.
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'off' },
  },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '*.cjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      // Control characters are what hostile input has, and what its checks look for.
      'no-control-regex': 'off',
      'max-lines': ['error', { max: 300 }],
      'no-restricted-syntax': ['error', ...everywhere],
      'no-restricted-imports': [
        'error',
        {
          paths: ['child_process', 'node:child_process'].map((name) => ({
            name,
            importNames: ['exec', 'execSync'],
            message: 'A shell reads its string: use execFile or spawn.',
          })),
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A leading underscore says that a value is taken apart, or a parameter named, and left alone on purpose.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', destructuredArrayIgnorePattern: '^_' },
      ],
      // Callbacks change variables while a function waits, which the compiler's flow analysis can't see.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // `async` without `await` is how a function turns what it throws into a rejection.
      '@typescript-eslint/require-await': 'off',
    },
  },
  { files: ['workflows/**/*.ts'], rules: workflowRules(everywhere) },
  {
    files: ['runbooks/**/*.ts', 'src/gates/**/*.ts'],
    rules: { ...pureRules(everywhere), '@typescript-eslint/no-unnecessary-condition': 'error' },
  },
  {
    files: ['src/store/**/*.ts'],
    plugins: { sluice: { rules: { 'no-outer-db': noOuterDb } } },
    rules: { 'sluice/no-outer-db': 'error' },
  },
  {
    files: ['**/*.{js,cjs,mjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { process: 'readonly', URL: 'readonly', console: 'readonly', module: 'writable' },
    },
  },
  // Their readers want a default export.
  { files: ['*.config.js', 'tools/jest/*.mjs'], rules: { 'no-restricted-syntax': 'off' } },
);
