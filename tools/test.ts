import { runJest } from './run-jest.ts';

// Everything but the crash lane, which takes minutes and has a harness of its own (`npm run test:crash`), and what has
// to wait for a world that is slow by nature, such as a Prometheus and its scrapes: `npm run test:slow`. The option comes last because it would swallow the
// arguments after it.
const [first, ...rest] = process.argv.slice(2);
process.exitCode = await (first === '--slow'
  ? runJest(['--maxWorkers=2', ...(rest.length === 0 ? ['test/slow/'] : rest)])
  : runJest([...process.argv.slice(2), '--testPathIgnorePatterns=/test/crash/', '/test/slow/']));
