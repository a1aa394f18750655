import type { ScaleAction, TargetAction, Weights } from '../../../runbooks/runbook.ts';
import { canonicalJson } from '../../../runbooks/runbook.ts';
import type { WriteMark } from '../target.ts';
import type { BackendRecord } from './record.ts';
import { actionSchema } from './record.ts';

/** What a write comes to: the whole wanted state after it, or why not. */
export type Judgement =
  | { readonly is: 'applied'; readonly next: BackendRecord }
  | { readonly is: 'repeated' }
  | { readonly is: 'fenced'; readonly why: string }
  | Refusal;

type Refusal = {
  readonly is: 'refused';
  readonly why: string;
  readonly mend: string;
  /** Whether it may be right in a moment: what starts becomes ready. */
  readonly passing?: true;
  readonly next?: BackendRecord;
};
type Wanted = Pick<BackendRecord, 'groups' | 'weights' | 'stable'>;

/** What a deploy is made with: the usual number of instances, and the image where releases are images. */
export type Making = { readonly instances: number; readonly image: string | null };

/** How many instances of a version are ready just now. */
export type ReadyCount = (version: string) => number;

const refuse = (why: string, mend: string): Refusal => ({ is: 'refused', why, mend });
const groupOf = (record: BackendRecord, version: string) =>
  record.groups.find((group) => group.version === version);
const weightOf = ({ weights }: BackendRecord, version: string): number =>
  Object.hasOwn(weights, version) ? (weights[version] ?? 0) : 0;

const isLastHealthy = (record: BackendRecord, version: string, ready: ReadyCount): boolean =>
  ready(version) > 0 && !record.groups.some((group) => group.version !== version && ready(group.version) > 0);

const deploy = (
  record: BackendRecord,
  action: Extract<TargetAction, { do: 'deploy' }>,
  { instances: usual, image }: Making,
): Wanted | Refusal => {
  const { version, digest } = action.release;
  const present = groupOf(record, version);
  if (present !== undefined && present.digest !== digest)
    return refuse(
      `${version} runs already, with the digest ${present.digest}.`,
      'Retire it, or use a new version.',
    );
  const instances = action.instances ?? (present?.instances === 0 ? usual : (present?.instances ?? usual));
  const others = record.groups.filter((group) => group.version !== version);
  return {
    ...record,
    groups: [...others, { version, digest, instances, image: image ?? present?.image ?? null }],
  };
};

const scale = (
  record: BackendRecord,
  { version, instances, downtime }: ScaleAction,
  ready: ReadyCount,
): Wanted | Refusal => {
  const present = groupOf(record, version);
  // "None of it runs" holds already: a way back may stop what never arrived.
  if (present === undefined && instances === 0) return record;
  if (present === undefined) return refuse(`${version} is not deployed.`, 'Deploy it first.');
  if (instances === 0 && downtime !== true) {
    const weight = weightOf(record, version);
    const mend = 'Move its traffic to a version that is ready first, or declare the downtime.';
    if (weight > 0) return refuse(`${version} has ${String(weight)} % of the traffic.`, mend);
    if (isLastHealthy(record, version, ready)) return refuse(`${version} is the last healthy group.`, mend);
  }
  const groups = record.groups.map((group) => (group.version === version ? { ...group, instances } : group));
  return { ...record, groups };
};

const shift = (record: BackendRecord, weights: Weights, ready: ReadyCount): Wanted | Refusal => {
  const wanted = Object.entries(weights).filter(([, percent]) => percent > 0);
  const sum = wanted.reduce((total, [, percent]) => total + percent, 0);
  if (sum !== 100)
    return refuse(`The weights add up to ${String(sum)}, not to 100.`, 'Send the share of every version.');
  for (const [version] of wanted) {
    if (groupOf(record, version) === undefined)
      return refuse(`${version} is not deployed and can have no traffic.`, 'Deploy it first.');
    if (ready(version) === 0) {
      const why = `No instance of ${version} is ready: it can have no traffic.`;
      return { ...refuse(why, 'It is tried again; look at its log.'), passing: true };
    }
  }
  return { ...record, weights: Object.fromEntries(wanted) };
};

const promote = (record: BackendRecord, version: string): Wanted | Refusal =>
  groupOf(record, version) === undefined
    ? refuse(`${version} is not deployed and can not be promoted.`, 'Deploy it first.')
    : { ...record, stable: version };

const retire = (record: BackendRecord, version: string, ready: ReadyCount): Wanted | Refusal => {
  // The wanted state, "this version is gone", holds already: a way back may undo a deploy that never arrived.
  if (groupOf(record, version) === undefined) return record;
  const weight = weightOf(record, version);
  if (weight > 0)
    return refuse(`${version} has ${String(weight)} % of the traffic.`, 'Move its traffic away first.');
  if (record.stable === version)
    return refuse(`${version} is the promoted version.`, 'Promote another version first.');
  if (isLastHealthy(record, version, ready))
    return refuse(`${version} is the last healthy group.`, 'Deploy another, and wait until it is ready.');
  return { ...record, groups: record.groups.filter((group) => group.version !== version) };
};

const wantedBy = (
  record: BackendRecord,
  action: TargetAction,
  making: Making,
  ready: ReadyCount,
): Wanted | Refusal => {
  switch (action.do) {
    case 'deploy':
      return deploy(record, action, making);
    case 'scale':
      return scale(record, action, ready);
    case 'shift':
      return shift(record, action.weights, ready);
    case 'promote':
      return promote(record, action.version);
    case 'retire':
      return retire(record, action.version, ready);
    default:
      return action satisfies never;
  }
};

/**
 * Judges a write against the record at the moment at which it would take effect; changes nothing. The fence first:
 * whoever holds a lower one than the highest seen has been overtaken, and the highest again is a repetition of the same
 * write or somebody else's. A refused write raises the fence, too: that somebody newer has spoken stays true.
 */
export const judge = (
  record: BackendRecord,
  action: TargetAction,
  { rolloutId, key, fence }: WriteMark,
  making: Making,
  ready: ReadyCount,
): Judgement => {
  const { last } = record;
  if (fence < record.fence) {
    const why = `The fence ${String(fence)} is below ${String(record.fence)}, the highest seen: a newer write was made since.`;
    return { is: 'fenced', why };
  }
  if (fence === record.fence) {
    const same =
      last?.key === key &&
      last.rolloutId === rolloutId &&
      canonicalJson(last.action) === canonicalJson(action);
    if (!same)
      return { is: 'fenced', why: `The fence ${String(fence)} was used by ${last?.key ?? 'another write'}.` };
    if (last.outcome === 'applied') return { is: 'repeated' };
  }
  const result = wantedBy(record, action, making, ready);
  const outcome = 'is' in result ? 'refused' : 'applied';
  const told = actionSchema.parse(JSON.parse(canonicalJson(action)));
  const written = { rolloutId, key, fence, action: told, outcome } as const;
  if ('is' in result) return { ...result, next: { ...record, fence, last: written } };
  const { groups, weights, stable } = result;
  return { is: 'applied', next: { ...record, groups, weights, stable, fence, last: written } };
};
