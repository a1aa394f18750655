import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { plant, type Plantation } from './planted.ts';

/** A module that exports one name and imports, and uses, another one. */
const module = (name: string, from?: string, imported = 'other'): string =>
  from === undefined
    ? `export const ${name} = 1;\n`
    : `import { ${imported} as other } from '${from}';\n\nexport const ${name} = [other];\n`;

const sources: Readonly<Record<string, string>> = {
  'worker/main.ts': module('main', '../activities/deploy.ts', 'deploy'),
  'activities/deploy.ts': module('deploy', '../src/config.ts', 'config'),
  'src/config.ts': module('config', '../workflows/contract.ts', 'contract'),
  'src/gates/gate.ts': module('gate', '../../runbooks/units.ts', 'units'),
  'workflows/contract.ts': module('contract', '../runbooks/units.ts', 'units'),
  'runbooks/units.ts': module('units', 'zod', 'z'),

  'runbooks/upward.ts': module('upward', '../workflows/contract.ts', 'contract'),
  'runbooks/node.ts': module('node', 'node:fs', 'readFileSync'),
  'runbooks/package.ts': module('pack', 'yaml', 'parse'),
  'workflows/upward.ts': module('upward', '../src/config.ts', 'config'),
  'workflows/client.ts': module('client', '@temporalio/client', 'Client'),
  'src/upward.ts': module('upward', '../activities/deploy.ts', 'deploy'),
  'src/cli/short-cut.ts': module('shortCut', '@temporalio/worker', 'Worker'),
  'src/gates/node.ts': module('node', 'node:crypto', 'createHash'),
  'src/gates/sideways.ts': module('sideways', '../config.ts', 'config'),
  'src/gates/type.ts': "import type { Stats } from 'node:fs';\n\nexport type Planted = Stats;\n",
  'activities/upward.ts': module('upward', '../worker/main.ts', 'main'),
  'src/tool.ts': module('tool', '../tools/eslint/no-outer-db.mjs', 'noOuterDb'),
  'src/development.ts': module('development', 'fast-check', 'assert'),
  'src/undeclared.ts': module('undeclared', 'webpack', 'webpack'),
  'src/nowhere.ts': module('nowhere', './absent.ts'),
  'src/circle-a.ts': module('circleA', './circle-b.ts', 'circleB'),
  'src/circle-b.ts': module('circleB', './circle-a.ts', 'circleA'),
};

const expected: readonly string[] = [
  'runbooks/upward.ts: runbooks-import-zod-alone',
  'runbooks/node.ts: runbooks-import-zod-alone',
  'runbooks/package.ts: runbooks-import-zod-alone',
  'workflows/upward.ts: workflows-import-runbooks-alone',
  'workflows/client.ts: workflows-import-runbooks-alone',
  'src/upward.ts: src-below-activities',
  'src/cli/short-cut.ts: cli-talks-to-the-api',
  'src/gates/node.ts: gates-are-pure',
  'src/gates/sideways.ts: gates-are-pure',
  'src/gates/type.ts: gates-are-pure',
  'activities/upward.ts: activities-below-worker',
  'src/tool.ts: product-without-tools',
  'src/development.ts: product-without-dev-dependencies',
  'src/undeclared.ts: product-without-dev-dependencies',
  'src/nowhere.ts: resolvable',
  'src/circle-a.ts: no-cycle',
];

describe('the direction of imports', () => {
  let plantation: Plantation;
  let found: readonly string[] = [];

  beforeAll(async () => {
    plantation = await plant(sources);
    found = await plantation.direction();
  }, 180_000);
  afterAll(async () => await plantation.remove());

  test.each(expected)('%s', (violation) => {
    expect(found).toContain(violation);
  });

  test('nothing else is refused: down the tower every import is free', () => {
    expect(found.filter((violation) => !expected.includes(violation))).toEqual([]);
  });
});
