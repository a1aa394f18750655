// What Temporal replays has to take the same way twice, and what is pure must not look at the world. No plugin for
// this is mature enough (docs/decisions/0009-own-determinism-rules.md); the core rules `no-restricted-*` say it all.
import { builtinModules } from 'node:module';

const sleep = 'Use sleep() or condition() of @temporalio/workflow.';
const activity = 'Touches the world: do it in an activity.';
const collector = 'Depends on when the garbage collector runs.';

const worldly = [
  { name: 'process', message: activity },
  { name: 'Buffer', message: 'Exists in Node only: use Uint8Array.' },
  { name: 'fetch', message: activity },
  { name: 'WebSocket', message: activity },
  { name: 'crypto', message: 'Random: use uuid4() of @temporalio/workflow, or hash in an activity.' },
  { name: 'performance', message: "Reads the machine's clock." },
  { name: 'setInterval', message: sleep },
  { name: 'setTimeout', message: sleep },
  { name: 'setImmediate', message: sleep },
  { name: 'WeakRef', message: collector },
  { name: 'FinalizationRegistry', message: collector },
  { name: 'SharedArrayBuffer', message: 'Shares memory with other threads.' },
  { name: 'Atomics', message: 'Shares memory with other threads.' },
  { name: 'Intl', message: "Depends on the machine's locale and its ICU data." },
  { name: 'require', message: 'Import instead.' },
  { name: 'global', message: 'Belongs to Node.' },
];

const localeMethods = ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString', 'localeCompare'].map(
  (property) => ({ property, message: "Depends on the machine's locale." }),
);

const nodeModules = {
  regex: `^node:|^(${builtinModules.filter((name) => !name.startsWith('_')).join('|')})(/|$)`,
  message: activity,
};

const dynamicImport = {
  selector: 'ImportExpression',
  message: 'Import at the top: the bundle has to be one.',
};

/** @typedef {{ selector: string, message: string }} RestrictedSyntax */

/**
 * Rules for `workflows/`.
 *
 * @param {readonly RestrictedSyntax[]} shared what is restricted in the whole repository
 * @returns {import('eslint').Linter.RulesRecord}
 */
export function workflowRules(shared) {
  return {
    'no-restricted-globals': [
      'error',
      ...worldly,
      { name: 'console', message: 'Use log of @temporalio/workflow.' },
    ],
    'no-restricted-properties': ['error', ...localeMethods],
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          nodeModules,
          {
            regex: '^@temporalio/(?!(workflow|common)$)',
            message:
              'Workflow code imports @temporalio/workflow, and of @temporalio/common what that does not pass on.',
          },
        ],
      },
    ],
    'no-restricted-syntax': [
      'error',
      ...shared,
      dynamicImport,
      {
        selector: 'ThrowStatement > NewExpression[callee.name=/^(Error|TypeError|RangeError)$/]',
        message:
          'Only a TemporalFailure fails a workflow, any other error retries its task for ever: throw ApplicationFailure.',
      },
    ],
  };
}

/**
 * Rules for `runbooks/` and `src/gates/`: no world, no clock, no chance.
 *
 * @param {readonly RestrictedSyntax[]} shared what is restricted in the whole repository
 * @returns {import('eslint').Linter.RulesRecord}
 */
export function pureRules(shared) {
  const clock = 'Reads the clock: take the time as an argument.';
  return {
    'no-restricted-globals': [
      'error',
      ...worldly,
      { name: 'console', message: 'Return what you have to say.' },
    ],
    'no-restricted-properties': [
      'error',
      ...localeMethods,
      { object: 'Math', property: 'random', message: 'Random: take the number, or a seed, as an argument.' },
      { object: 'Date', property: 'now', message: clock },
    ],
    'no-restricted-imports': [
      'error',
      { patterns: [nodeModules, { regex: '^@temporalio/', message: activity }] },
    ],
    'no-restricted-syntax': [
      'error',
      ...shared,
      dynamicImport,
      { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: clock },
      { selector: 'CallExpression[callee.name="Date"]', message: clock },
    ],
  };
}
