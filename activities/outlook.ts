import type { WatchOutlook } from '../runbooks/outlook.ts';
import type { Problem } from '../runbooks/errors.ts';
import type { Runbook } from '../runbooks/runbook.ts';
import { gatesBlockSchema, settingsOfBlock } from '../src/gates/gates-block.ts';
import { blockOfPolicy } from '../src/gates/policy-block.ts';
import type { GateSettings } from '../src/gates/settings.ts';
import { watchOutlook } from '../src/gates/watch-outlook.ts';
import type { RolloutInput } from '../workflows/contract.ts';
import type { Deps } from './deps.ts';
import { readHistory } from './metrics/arm.ts';
import { sourceAt } from './metrics/source.ts';

/** The past is read at most so finely, in ms: what is reckoned from it is rough. */
const finest = 1_000;

/** The gate's settings in the watches of a runbook, held against `stable`; `null`: nothing is watched. */
export const watchSettings = (runbook: Runbook, stable: string): GateSettings | null => {
  const { gates, steps, to, service } = runbook;
  const watches = steps.filter((step) => step.kind === 'watch');
  const [first] = watches;
  if (first === undefined) return null;
  return settingsOfBlock(gatesBlockSchema.parse(blockOfPolicy(gates)), {
    release: { service, version: to.version, stable },
    watchSeconds: first.windowMs / 1000,
    steps: watches.map(({ percent, baseline }) => (baseline === null ? 1 : percent / 100)),
  });
};

/**
 * What the first watch of a runbook will be able to tell, from the past of the version that runs; `null`: nothing is
 * watched, or nothing ran before. Writes nothing. A source that does not answer tells nothing.
 */
export const lookAhead = async (
  deps: Deps,
  input: RolloutInput,
  runbook: Runbook,
): Promise<WatchOutlook | null> => {
  const { gates, steps, from, service, environment } = runbook;
  const first = steps.find((step) => step.kind === 'watch');
  const stable = first?.baseline ?? from?.version ?? null;
  const settings = stable === null ? null : watchSettings(runbook, stable);
  if (first === undefined || stable === null || settings === null) return null;
  const source = sourceAt(deps, input.service, { service, environment });
  const span = {
    zeroMs: deps.clock(),
    spanMs: gates.history,
    everyMs: Math.max(gates.every, finest),
  };
  return watchOutlook(settings, first.baseline === null ? [] : await readHistory(source, stable, span));
};

/** What stands against a rollout whose watch is too short, where the file asks for that; a hotfix is never refused. */
export const shortWatch = (
  { gates, service }: Runbook,
  outlook: WatchOutlook | null,
  hotfix?: string,
): readonly Problem[] => {
  if (
    hotfix !== undefined ||
    gates.window !== 'refuse' ||
    outlook === null ||
    !outlook.known ||
    outlook.warning === null
  )
    return [];
  return [
    {
      code: 'WATCH_TOO_SHORT',
      message: outlook.warning,
      hint: `${outlook.advice} Or watch for a larger rise (gates.errors.harm), or be only warned of it (gates.window: warn); a hotfix (--hotfix INCIDENT) is not refused. See: sluice plan ${service} VERSION.`,
    },
  ];
};
