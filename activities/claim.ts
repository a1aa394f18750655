import { WorkflowNotFoundError } from '@temporalio/client';
import type { ClaimInput, ClaimOutput } from '../workflows/contract.ts';
import { claimUpdate } from '../workflows/messages.ts';
import type { Deps } from './deps.ts';

/**
 * Takes the old version over from the `keep` workflow that holds it. Key: keep + claimant; a keep that has ended
 * holds nothing any more.
 */
export const makeClaim =
  ({ client }: Deps) =>
  async ({ keep, by }: ClaimInput): Promise<ClaimOutput> => {
    try {
      return await client.workflow
        .getHandle(keep)
        .executeUpdate(claimUpdate, { args: [{ by }], updateId: `claim/${by}` });
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { retired: [] };
      throw error;
    }
  };
