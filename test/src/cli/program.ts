import { main } from '../../../src/cli/main.ts';

// The program as a process of its own, from its sources.
process.exitCode = await main(process.argv.slice(2));
