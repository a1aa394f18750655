import path from 'node:path';
import type { Deps } from '../activities/deps.ts';
import { commandTarget } from '../activities/targets/command/adapter.ts';
import { haproxyTarget } from '../activities/targets/haproxy/adapter.ts';
import { practiceTarget } from '../activities/targets/practice/adapter.ts';
import { SluiceError } from '../runbooks/errors.ts';

/** Folder of the practice plane under the data folder. */
export const practiceHome = (home: string): string => path.join(home, 'practice');

/** The adapters that this process has, by what the environment's service file names. */
export const targetsOf = (home: string): Deps['target'] => {
  const practice = practiceTarget(practiceHome(home));
  return (file, { environment }) => {
    const block = Object.hasOwn(file.environments, environment)
      ? file.environments[environment]?.target
      : undefined;
    if (block?.practice !== undefined) return practice;
    if (block?.haproxy !== undefined) return haproxyTarget(block.haproxy, environment);
    if (block?.command !== undefined) return commandTarget(block.command, environment);
    throw new SluiceError({
      code: 'INTERNAL',
      message: `No adapter for the target of ${file.service} in ${environment}: ${Object.keys(block ?? {}).join(', ') || 'none'}.`,
    });
  };
};
