import { writeSync } from 'node:fs';
import type { LedgerEvent } from '../../../runbooks/events.ts';
import { openLedger } from '../../../src/store/open.ts';

// A process that only writes: every event, once it is acknowledged, becomes a line on its standard output.
// Usage: writer.ts FOLDER TEMPLATE NAME

const [folder = '', template = '', name = ''] = process.argv.slice(2);
const ledger = await openLedger({ folder, template, address: `writer ${name}` });
writeSync(1, 'open\n');
for (let i = 0; ; i += 1) {
  const event: LedgerEvent = {
    rolloutId: `rollout-${name}`,
    id: `event/${i}`,
    at: new Date().toISOString(),
    actor: null,
    body: { type: 'step-done', step: i, found: 'x'.repeat(i % 500) },
    texts: { note: `note ${i}` },
  };
  await ledger.append([event]);
  writeSync(1, `event/${i}\n`);
}
