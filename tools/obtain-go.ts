import path from 'node:path';
import type { Part } from '../src/parts.ts';
import { atLeast } from './packages.mjs';
import { duration, say } from './report.ts';
import { runProgram } from './run-program.ts';
import { isAbsent, root } from './stamp.ts';

const leastGo = '1.26.4';
const noteEveryMs = 5_000;

/**
 * Builds the Temporal CLI as `program` from the Go module `tools/temporal` (5–7 min on 2 cores, 138 MB): the same
 * sources and the same version string as the vendor's own builds. Rejects with the reason.
 */
export async function buildWithGo(part: Part, program: string): Promise<void> {
  const module = path.join(root, 'tools', part.name);
  const go = await goVersion(module);
  if (go === undefined) throw new Error('Go is not installed');
  if (!atLeast(go, leastGo)) throw new Error(`Go ${go} is too old (${leastGo} is needed)`);

  const start = performance.now();
  const elapsed = (): string => duration((performance.now() - start) / 1000);
  let compiled = 0;
  let latest = 'fetching its modules';
  const notes = setInterval(
    () => say(`  ${elapsed()}: ${compiled} packages compiled, now ${latest}`),
    noteEveryMs,
  );
  say(
    `Building ${part.title} ${part.version} with Go ${go}: 5 to 7 minutes on two cores, once for this user.`,
  );
  try {
    const version = `-X github.com/temporalio/cli/internal/temporalcli.Version=${part.version}`;
    const args = ['build', '-v', '-trimpath', '-ldflags', `-s -w ${version}`, '-o', program];
    const result = await runProgram(
      'go',
      [...args, 'github.com/temporalio/cli/cmd/temporal'],
      module,
      { ...process.env, CGO_ENABLED: '0' },
      (line) => {
        // With -v, go prints the name of each package as it is compiled, and what it downloads.
        if (!line.startsWith('go: ')) compiled += 1;
        latest = line;
      },
    );
    if (!result.ok)
      throw new Error(`go build failed:\n${result.output.split('\n').slice(-20).join('\n').trimEnd()}`);
    say(`Built ${part.title} in ${elapsed()}.`);
  } finally {
    clearInterval(notes);
  }
}

/** The Go that would build `module`: Go itself may fetch the toolchain that its `go.mod` asks for. */
async function goVersion(module: string): Promise<string | undefined> {
  try {
    const { ok, output } = await runProgram('go', ['env', 'GOVERSION'], module);
    const version = /^go(\d+(?:\.\d+)+)/.exec(output)?.[1];
    if (!ok || version === undefined) throw new Error(`go env failed: ${output.trim()}`);
    return version;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
