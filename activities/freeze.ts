import { activeFreeze } from '../src/freezes.ts';
import type { Activities } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';

/**
 * Whether a freeze is on. Asked of an activity, because times of a zone change with the machine's calendar, and a
 * workflow must say the same when it is replayed. Key: none needed.
 */
export const makeFreeze =
  ({ clock }: Deps): Activities['freeze'] =>
  async (windows) =>
    activeFreeze({ windows }, clock());
