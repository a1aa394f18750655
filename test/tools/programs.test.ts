import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { runProgram } from '../../tools/run-program.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Runs a program of `bin` as if on another version of Node. */
async function onNode(version: string, program: string): Promise<{ ok: boolean; output: string }> {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`;
  const args = [
    '--import',
    `data:text/javascript,${encodeURIComponent(pretend)}`,
    path.join(root, 'bin', program),
  ];
  return await runProgram(process.execPath, [...args, '--version'], root, {
    ...process.env,
    NODE_OPTIONS: '',
  });
}

describe('the programs of the package', () => {
  test.each([
    ['sluice', '18.20.8'],
    ['sluice', '22.12.0'],
    ['sluiced', '20.20.2'],
  ])('%s on Node %s says in one sentence what to do', async (name, version) => {
    expect(await onNode(version, `${name}.js`)).toEqual({
      ok: false,
      output: `${name} needs Node 22.13 or newer and this is ${version}: install a current Node, then run it again.\n`,
    });
  });
});
