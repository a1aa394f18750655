import type { UnleashBlock } from '../../runbooks/flags.ts';
import type { Environment } from '../secrets.ts';
import type { FlagDriver } from './driver.ts';
import { fencedFlag, refusedFlag, unavailableFlags, unknownFlag } from './flag-errors.ts';
import { unleashApi } from './unleash-api.ts';
import type { Strategy, UnleashFeature } from './unleash-api.ts';

/** Sluice knows its strategy by the title, which also holds the highest fence: Unleash has no place of its own for it. */
const titleOf = (fence: number): string => `Sluice (fence ${String(fence)})`;
const fenceIn = (title: string | null | undefined): number | null => {
  const found = /^Sluice \(fence (\d{1,15})\)$/.exec(title ?? '')?.[1];
  return found === undefined ? null : Number(found);
};

const isOwn = (strategy: Strategy): boolean => fenceIn(strategy.title) !== null;

/**
 * Flags in Unleash, by its Admin API: one `flexibleRollout` strategy of Sluice's own. Off is one call, which switches
 * the environment off. Unleash can't refuse a late write itself: the fence is looked at before each, and the state read
 * back after it; what was already under way meanwhile is asserted again by the way back.
 */
export const unleashDriver = (block: UnleashBlock, env: Environment): FlagDriver => {
  const api = unleashApi(block, env);

  const read = async (flag: string, signal?: AbortSignal): Promise<UnleashFeature> => {
    const feature = await api.feature(flag, signal);
    if (feature === null) throw unknownFlag(flag, `Unleash (${block.project}, ${block.environment})`, []);
    // One that is switched off speaks for nobody, whatever it holds.
    if (feature.enabled) refuseOthers(block, flag, feature);
    return feature;
  };

  const put = async (
    flag: string,
    feature: UnleashFeature,
    percent: number,
    fence: number,
    signal?: AbortSignal,
  ) => {
    const own = feature.strategies.find(isOwn);
    const body = {
      name: 'flexibleRollout',
      title: titleOf(fence),
      disabled: false,
      constraints: own?.constraints ?? [],
      segments: own?.segments ?? [],
      parameters: {
        ...own?.parameters,
        rollout: String(percent),
        stickiness: own?.parameters['stickiness'] ?? block.stickiness,
        groupId: own?.parameters['groupId'] ?? flag,
      },
    };
    if (own === undefined) await api.call('POST', flag, '/strategies', body, signal);
    else await api.call('PUT', flag, `/strategies/${encodeURIComponent(own.id)}`, body, signal);
  };

  return {
    async observe(flag, signal) {
      const feature = await read(flag, signal);
      return { percent: percentOf(feature), fence: fenceIn(feature.strategies.find(isOwn)?.title) ?? 0 };
    },
    async set(flag, percent, { fence }, signal) {
      const feature = await read(flag, signal);
      const highest = fenceIn(feature.strategies.find(isOwn)?.title) ?? 0;
      if (fence < highest) throw fencedFlag(flag, fence, highest);
      if (percent === 0) {
        if (feature.enabled) await api.call('POST', flag, '/off', undefined, signal);
        if (fence > highest) await put(flag, feature, 0, fence, signal);
      } else {
        refuseOthers(block, flag, feature);
        await put(flag, feature, percent, fence, signal);
        if (!feature.enabled) await api.call('POST', flag, '/on', undefined, signal);
      }
      const found = percentOf(await read(flag, signal));
      if (found === percent) return;
      const message = `Unleash says ${String(found)} % for ${flag} after it was set to ${String(percent)} %.`;
      throw unavailableFlags({ message, hint: 'Somebody else writes to this flag.' });
    },
  };
};

const percentOf = ({ enabled, strategies }: UnleashFeature): number => {
  if (!enabled) return 0;
  // Unleash: a flag that is on without any strategy is on for everybody.
  const active = strategies.filter(({ disabled }) => disabled !== true);
  if (strategies.length === 0) return 100;
  const own = active.find(isOwn);
  return own === undefined ? 0 : Number(own.parameters['rollout'] ?? 0);
};

const refuseOthers = (
  { project, environment }: UnleashBlock,
  flag: string,
  { strategies }: UnleashFeature,
) => {
  const others = strategies.filter((strategy) => !isOwn(strategy) && strategy.disabled !== true);
  if (others.length === 0) return;
  const names = others.map(({ name, title }) => title ?? name).join(', ');
  throw refusedFlag(
    `The flag ${flag} (${project}, ${environment}) has strategies of its own: ${names}.`,
    'A user is on if any of them says so: remove or disable them, and Sluice adds its own.',
  );
};
