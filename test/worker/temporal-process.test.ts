import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { findPart, parts } from '../../src/parts.ts';
import { ensureDevServer } from '../../worker/temporal-server.ts';

const { variable } = parts.temporal;
const given = process.env[variable];
const log = pino({ level: 'silent' });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-temporal-'));
});
afterEach(async () => {
  if (given === undefined) Reflect.deleteProperty(process.env, variable);
  else process.env[variable] = given;
  await rm(folder, { recursive: true, force: true });
});

const begun = 'starts';
const starts = async (): Promise<number> => (await readFile(path.join(folder, begun), 'utf8')).length;

/** The real server, one of whose ports somebody else holds in its first `times` starts. */
const taken = async <T>(option: string, times: number, work: () => Promise<T>): Promise<T> => {
  const part = await findPart('temporal');
  if (!part.found) throw new Error(part.sentence);
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const program = path.join(folder, 'temporal');
  await writeFile(
    program,
    `#!/bin/sh
printf x >> '${path.join(folder, begun)}'
if [ "$(wc -c < '${path.join(folder, begun)}')" -le ${String(times)} ]; then set -- "$@" ${option} ${String(port)}; fi
exec '${part.path}' "$@"
`,
  );
  await chmod(program, 0o755);
  process.env[variable] = program;
  try {
    return await work();
  } finally {
    holder.close();
    await once(holder, 'close');
  }
};

const ports = ['--http-port', '--port', '--ui-port'];

test.each(ports)(
  'a %s that somebody takes first is no end: it is started again, on others',
  async (option) => {
    const server = await taken(option, 2, () => ensureDevServer(path.join(folder, 'home'), log));
    try {
      expect(server.adopted).toBe(false);
      // Somebody else on this machine may take one as well.
      expect(await starts()).toBeGreaterThanOrEqual(3);
    } finally {
      await server.stop();
    }
  },
);

test.each(ports)('a %s that stays taken is said, with the server’s own words', async (option) => {
  await expect(
    taken(option, 99, () => ensureDevServer(path.join(folder, 'home'), log)),
  ).rejects.toMatchObject({
    code: 'TEMPORAL_UNAVAILABLE',
    hint: expect.stringContaining('address already in use'),
  });
  expect(await starts()).toBe(5);
});
