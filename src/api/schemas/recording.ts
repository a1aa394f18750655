import { z } from 'zod';

/** Sent as the text that was kept, so that its hash can be held against the ledger's. */
export const recordingText = z.string().meta({
  id: 'Recording',
  description: 'a recording, sluice-recording/1: docs/recordings.md; its SHA-256 stands in the verdict',
});
