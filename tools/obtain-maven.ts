import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Part } from '../src/parts.ts';
import { say } from './report.ts';
import { type ProgramResult, runProgram } from './run-program.ts';
import { isAbsent, root } from './stamp.ts';
import { launcher } from './train-test-server.ts';

const leastJava = 17;

/**
 * Fetches the time-skipping test server with Maven (38 MB, under a minute), which verifies the repository's checksums,
 * and writes `program`, a script that starts it. Rejects with the reason.
 */
export async function fetchWithMaven(part: Part, program: string): Promise<void> {
  const java = await optionally('java', ['-version']);
  if (java === undefined) throw new Error('Java is not installed');
  const version = Number(/version "(?:1\.)?(\d+)/.exec(java.output)?.[1] ?? 0);
  if (!java.ok || version < leastJava) {
    throw new Error(
      `Java ${version === 0 ? 'does not run' : `${version} is too old (${leastJava} is needed)`}`,
    );
  }
  say(`Fetching ${part.title} ${part.version} with Maven: under a minute, once for this user.`);
  const folder = path.dirname(program);
  await mkdir(folder, { recursive: true });
  const pom = path.join(root, 'tools', 'test-server', 'pom.xml');
  const maven = await optionally('mvn', [
    ...['--batch-mode', '--quiet', '--strict-checksums', '--file', pom, 'dependency:copy-dependencies'],
    ...[`-Dtemporal.version=${part.version}`, '-DincludeScope=runtime'],
    `-DoutputDirectory=${path.join(folder, 'lib')}`,
  ]);
  if (maven === undefined) throw new Error('Maven (mvn) is not installed');
  if (!maven.ok) throw new Error(`Maven failed:\n${maven.output.trim()}`);
  await writeFile(program, launcher);
  await chmod(program, 0o755);
}

/** Runs a program to its end; undefined where it isn't installed. */
async function optionally(program: string, args: readonly string[]): Promise<ProgramResult | undefined> {
  try {
    return await runProgram(program, args, root);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
