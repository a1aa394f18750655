import { runJest } from './run-jest.ts';

// Everything but the crash lane, which takes minutes and has a harness of its own (`npm run test:crash`). The option
// comes last because it would swallow the arguments after it.
process.exitCode = await runJest([...process.argv.slice(2), '--testPathIgnorePatterns=/test/crash/']);
