import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { removeAbandoned } from '../../tools/scratch.ts';

test('what a killed run has left in memory is given back, and nothing else is', async () => {
  const place = await mkdtemp(path.join(tmpdir(), 'sluice-scratch-'));
  try {
    const { pid: dead } = spawnSync(process.execPath, ['--version']);
    const abandoned = path.join(place, `sluice-test-${String(dead)}-abc`);
    const running = `sluice-test-${String(process.pid)}-abc`;
    await mkdir(abandoned);
    await writeFile(path.join(abandoned, 'ledger'), 'rows');
    await mkdir(path.join(place, running));
    await mkdir(path.join(place, 'sluice-test-notes'));
    await mkdir(path.join(place, `other-${String(dead)}-abc`));
    await removeAbandoned(place);
    expect((await readdir(place)).sort()).toEqual(
      [`other-${String(dead)}-abc`, running, 'sluice-test-notes'].sort(),
    );
  } finally {
    await rm(place, { recursive: true, force: true });
  }
});
