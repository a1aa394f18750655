/**
 * A deploy tool as a team might have one, for the target `command`: `deploy-tool.ts HOME SERVICE VERB ARGS…`. It tells
 * the practice plane of HOME what to do, so that the plane's own log stays the witness of what was done, and how often.
 */
import { readFileSync } from 'node:fs';
import { practiceTarget } from '../../activities/targets/practice/adapter.ts';
import type { ArtifactContent, WriteMark } from '../../activities/targets/target.ts';
import { SluiceError } from '../../runbooks/errors.ts';
import type { TargetAction } from '../../runbooks/runbook.ts';

const [home = '', service = '', verb = '', first = '', second = '', third = '', fourth = ''] =
  process.argv.slice(2);
const target = practiceTarget(home);

const mark = (): WriteMark => ({
  rolloutId: process.env['SLUICE_ROLLOUT'] ?? '',
  key: process.env['SLUICE_KEY'] ?? '',
  fence: Number(process.env['SLUICE_FENCE']),
});

const write = async (action: TargetAction, artifact?: ArtifactContent): Promise<object> => {
  await target.apply(service, action, mark(), artifact);
  return { ok: true };
};

const answer = async (): Promise<object> => {
  switch (verb) {
    case 'observe':
      return target.observe(service);
    case 'address':
      return { address: await target.address(service, first) };
    case 'deploy': {
      const release = { version: first, digest: second };
      const instances = fourth === '' ? {} : { instances: Number(fourth) };
      return write(
        { do: 'deploy', release, ...instances },
        { digest: second, text: readFileSync(third, 'utf8') },
      );
    }
    case 'shift':
      return write({ do: 'shift', weights: JSON.parse(first) as Readonly<Record<string, number>> });
    case 'scale': {
      const [instances, downtime] = [Number(second), third === 'true'];
      return write({ do: 'scale', version: first, instances, ...(downtime ? { downtime } : {}) });
    }
    case 'promote':
    case 'retire':
      return write({ do: verb, version: first });
    default:
      throw new Error(`The tool knows no ${verb}.`);
  }
};

const codes: Readonly<Record<string, string>> = { TARGET_FENCED: 'fenced', TARGET_REFUSED: 'refused' };
try {
  process.stdout.write(`${JSON.stringify(await answer())}\n`);
} catch (error) {
  if (!(error instanceof SluiceError)) throw error;
  const said = { ok: false, code: codes[error.code] ?? 'unavailable', message: error.message };
  process.stdout.write(`${JSON.stringify(said)}\n`);
  process.exitCode = 1;
}
