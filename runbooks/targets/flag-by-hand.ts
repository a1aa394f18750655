import { shareOf } from '../flagd-share.ts';
import type { FlagdBlock, FlagsBlock, UnleashBlock } from '../flags.ts';
import type { Action } from '../runbook.ts';
import { quoted } from './by-hand-lines.ts';

type FlagAction = Extract<Action, { readonly do: 'flag' }>;
type Mark = { readonly key: string; readonly fence: number };

/** Where the flag is kept, set as the worker sets it, with a fence above its own. */
export const flagByHand = (flags: FlagsBlock | undefined, action: FlagAction, mark: Mark): string => {
  if (flags === undefined)
    return `# set the flag ${action.flag} to ${String(action.percent)} % where it is kept`;
  return 'flagd' in flags
    ? flagdByHand(flags.flagd, action, mark)
    : unleashByHand(flags.unleash, action, mark);
};

/** Written whole and renamed into place: whoever watches the file never reads half of it. */
const flagdByHand = (block: FlagdBlock, { flag, percent }: FlagAction, { key, fence }: Mark): string => {
  const at = `.flags[${JSON.stringify(flag)}]`;
  const share = JSON.stringify(shareOf(percent, block));
  const metadata = JSON.stringify({ sluiceFence: fence, sluiceKey: key });
  const file = quoted(block.file);
  const next = quoted(`${block.file}.by-hand`);
  return `jq ${quoted(`${at} += ${share} | ${at}.metadata += ${metadata}`)} ${file} > ${next} && mv ${next} ${file}`;
};

const unleashByHand = (block: UnleashBlock, { flag, percent }: FlagAction, { fence }: Mark): string => {
  const place = [block.project, 'features', flag, 'environments', block.environment].map(encodeURIComponent);
  const url = `${block.url.replace(/\/$/, '')}/api/admin/projects/${place.join('/')}`;
  const curl = `curl --fail-with-body -H "Authorization: <${block.token}>"`;
  if (percent === 0) return `${curl} -X POST ${quoted(`${url}/off`)}`;
  const body = JSON.stringify({
    name: 'flexibleRollout',
    title: `Sluice (fence ${String(fence)})`,
    parameters: { rollout: String(percent), stickiness: block.stickiness, groupId: flag },
  });
  const json = `-H 'content-type: application/json' -d ${quoted(body)}`;
  return `${curl} -X PUT ${json} ${quoted(`${url}/strategies/ID`)}  # ID: of the strategy "Sluice (fence …)" in: ${curl} ${quoted(url)}`;
};
