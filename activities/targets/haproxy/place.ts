import type { HaproxyBlock } from '../../../runbooks/targets/haproxy-block.ts';
import { LockBusy, withFileLock } from '../../file-lock.ts';
import { mkdir } from 'node:fs/promises';
import { unavailable } from './runtime-api.ts';
import { stateFiles } from './record.ts';

/** One service behind one backend: the block of its service file and where its files are. */
export type HaproxyPlace = {
  readonly block: HaproxyBlock;
  readonly service: string;
  readonly environment: string;
  readonly files: ReturnType<typeof stateFiles>;
};

export const haproxyPlace = (block: HaproxyBlock, service: string, environment: string): HaproxyPlace => ({
  block,
  service,
  environment,
  files: stateFiles(block.state, block.backend),
});

/** Held for a few commands to HAProxy, never while a program runs: a way back must not wait for a start. */
const lockWithinMs = 4_000;

/** Runs `work` while no other worker of this machine touches the backend. @throws SluiceError TARGET_UNAVAILABLE */
export const locked = async <T>({ block, files }: HaproxyPlace, work: () => Promise<T>): Promise<T> => {
  await mkdir(block.state, { recursive: true, mode: 0o700 });
  try {
    return await withFileLock(files.lock, lockWithinMs, work);
  } catch (error) {
    if (!(error instanceof LockBusy)) throw error;
    throw unavailable(
      `Another worker has been changing the backend ${block.backend} for ${String(lockWithinMs)} ms.`,
      'It is tried again.',
      error,
    );
  }
};
