import path from 'node:path';
import type { Deps } from '../activities/deps.ts';
import { practiceTarget } from '../activities/targets/practice/adapter.ts';

/** Folder of the practice plane under the data folder. */
export const practiceHome = (home: string): string => path.join(home, 'practice');

/** The adapters that this process has, by what a service file names. */
export const targetsOf = (home: string): Deps['target'] => {
  const practice = practiceTarget(practiceHome(home));
  // `practice` is the only kind of target yet; the schema refuses every other.
  return () => practice;
};
