import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { leftBehind, markedProcesses, runVariable } from '../../tools/left-behind.ts';

/** A process that starts another one and tells its number; both wait until they are ended. */
const family = `
  const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  child.on('spawn', () => console.log(child.pid));
  setInterval(() => {}, 1000);
`;

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('a process that outlives the run is found, also the child of a child that has ended', async () => {
  const mark = randomUUID();
  const parent = spawn(process.execPath, ['-e', family], {
    env: { ...process.env, [runVariable]: mark },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const child = Number(line.toString());
  try {
    const both = markedProcesses(mark).map(({ pid }) => pid);
    expect(new Set(both)).toEqual(new Set([parent.pid, child]));

    const ended = once(parent, 'exit');
    parent.kill('SIGKILL');
    await ended;
    const [left, ...others] = await leftBehind(mark, 0);
    expect(others).toEqual([]);
    expect(left).toEqual({ pid: child, command: expect.stringContaining('setInterval') });
  } finally {
    process.kill(child, 'SIGKILL');
  }
  // What is on its way out is waited for.
  expect(await leftBehind(mark)).toEqual([]);
});

onLinux('nothing is found of a run that left nothing', () => {
  expect(markedProcesses(randomUUID())).toEqual([]);
});
