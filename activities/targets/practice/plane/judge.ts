import { canonicalJson } from '../../../../runbooks/runbook.ts';
import type { ScaleAction, TargetAction, Weights } from '../../../../runbooks/runbook.ts';
import type { Write } from '../control.ts';
import { digestOf } from '../artifact.ts';
import { parseManifest } from '../manifest.ts';
import type { LastWrite, ServiceRecord } from './state-file.ts';

/** What a write comes to. `next` is the whole wanted state after it. */
export type Judgement =
  | { readonly outcome: 'applied'; readonly next: ServiceRecord }
  | { readonly outcome: 'repeated' }
  | { readonly outcome: 'fenced'; readonly highest: number; readonly why: string }
  | Refusal;

export type Refusal = {
  readonly outcome: 'refused';
  readonly code: 'REFUSED' | 'ARTIFACT_CHANGED' | 'ARTIFACT_INVALID';
  readonly why: string;
  readonly mend: string;
};

/** How many instances of a version are ready just now. */
export type ReadyCount = (version: string) => number;

type Wanted = Pick<ServiceRecord, 'groups' | 'weights' | 'stable'>;

const refuse = (why: string, mend: string, code: Refusal['code'] = 'REFUSED'): Refusal => ({
  outcome: 'refused',
  code,
  why,
  mend,
});

const deploy = (
  service: string,
  record: ServiceRecord,
  { release, instances }: Extract<TargetAction, { do: 'deploy' }>,
  artifact: Write['artifact'],
): Wanted | Refusal => {
  const { version, digest } = release;
  if (artifact === undefined)
    return refuse('A deploy needs the artifact.', "Send the manifest's text along.");
  const found = digestOf(artifact.text);
  if (found !== digest || artifact.digest !== digest) {
    const why = `The artifact of ${version} has the digest ${found}, not ${digest}.`;
    return refuse(
      why,
      'Plan the rollout anew: the manifest was changed after it was planned.',
      'ARTIFACT_CHANGED',
    );
  }
  const parsed = parseManifest(artifact.text);
  if (!parsed.ok) {
    return refuse(
      parsed.problems.join('; '),
      'docs/practice.md lists the keys of a manifest.',
      'ARTIFACT_INVALID',
    );
  }
  const { manifest } = parsed;
  if (manifest.service !== service || manifest.version !== version) {
    const why = `The manifest is of ${manifest.service} ${manifest.version}, not of ${service} ${version}.`;
    return refuse(why, "Correct the manifest's service and version.", 'ARTIFACT_INVALID');
  }
  const present = record.groups.find((group) => group.version === version);
  const group = { version, digest, text: artifact.text, ...(instances === undefined ? {} : { instances }) };
  if (present === undefined) return { ...record, groups: [...record.groups, group] };
  if (present.digest === digest) return withGroup(record, group);
  return refuse(
    `${version} runs already, with the digest ${present.digest}.`,
    'Retire it, or use a new version.',
  );
};

/** In the place of the one of the same version. */
const withGroup = (record: ServiceRecord, group: ServiceRecord['groups'][number]): Wanted => ({
  ...record,
  groups: record.groups.map((one) => (one.version === group.version ? group : one)),
});

const scale = (
  record: ServiceRecord,
  { version, instances, downtime }: ScaleAction,
  ready: ReadyCount,
): Wanted | Refusal => {
  const present = record.groups.find((group) => group.version === version);
  // "None of it runs" holds already: a way back may stop what never arrived.
  if (present === undefined && instances === 0) return record;
  if (present === undefined) return refuse(`${version} is not deployed.`, 'Deploy it first.');
  if (instances === 0 && downtime !== true) {
    const weight = record.weights[version] ?? 0;
    if (weight > 0) {
      const why = `${version} has ${String(weight)} % of the traffic.`;
      return refuse(why, 'Move its traffic away first, or declare the downtime.');
    }
    if (isLastHealthy(record, version, ready)) {
      const why = `${version} is the last healthy group.`;
      return refuse(why, 'Wait until another version is ready, or declare the downtime.');
    }
  }
  return withGroup(record, { ...present, instances });
};

const isLastHealthy = (record: ServiceRecord, version: string, ready: ReadyCount): boolean =>
  ready(version) > 0 && !record.groups.some((group) => group.version !== version && ready(group.version) > 0);

const shift = (record: ServiceRecord, weights: Weights, ready: ReadyCount): Wanted | Refusal => {
  const wanted = Object.entries(weights).filter(([, percent]) => percent > 0);
  const sum = wanted.reduce((total, [, percent]) => total + percent, 0);
  if (sum !== 100)
    return refuse(`The weights add up to ${String(sum)}, not to 100.`, 'Send the share of every version.');
  for (const [version] of wanted) {
    if (!record.groups.some((group) => group.version === version)) {
      return refuse(`${version} is not deployed and can have no traffic.`, 'Deploy it first.');
    }
    if (ready(version) === 0) {
      return refuse(`No instance of ${version} is ready: it can have no traffic.`, 'Wait until it is ready.');
    }
  }
  return { ...record, weights: Object.fromEntries(wanted) };
};

const promote = (record: ServiceRecord, version: string): Wanted | Refusal =>
  record.groups.some((group) => group.version === version)
    ? { ...record, stable: version }
    : refuse(`${version} is not deployed and can not be promoted.`, 'Deploy it first.');

const retire = (record: ServiceRecord, version: string, ready: ReadyCount): Wanted | Refusal => {
  // The wanted state, "this version is gone", holds already: a way back may undo a deploy that never arrived.
  if (!record.groups.some((group) => group.version === version)) return record;
  const weight = record.weights[version] ?? 0;
  if (weight > 0) {
    return refuse(`${version} has ${String(weight)} % of the traffic.`, 'Move its traffic away first.');
  }
  if (record.stable === version) {
    return refuse(`${version} is the promoted version.`, 'Promote another version first.');
  }
  if (isLastHealthy(record, version, ready)) {
    return refuse(
      `${version} is the last healthy group.`,
      'Deploy another version, and wait until it is ready.',
    );
  }
  return { ...record, groups: record.groups.filter((group) => group.version !== version) };
};

const wanted = (
  service: string,
  record: ServiceRecord,
  write: Write,
  ready: ReadyCount,
): Wanted | Refusal => {
  const { action } = write;
  switch (action.do) {
    case 'deploy':
      return deploy(service, record, action, write.artifact);
    case 'shift':
      return shift(record, action.weights, ready);
    case 'promote':
      return promote(record, action.version);
    case 'retire':
      return retire(record, action.version, ready);
    case 'scale':
      return scale(record, action, ready);
    default:
      return action satisfies never;
  }
};

const sameWrite = (last: LastWrite, { mark, action }: Write): boolean =>
  last.key === mark.key &&
  last.rolloutId === mark.rolloutId &&
  canonicalJson(last.action) === canonicalJson(action);

/**
 * Judges a write against the state at the moment at which it would take effect; changes nothing.
 *
 * The fence comes first: whoever holds a lower one than the highest seen has been overtaken. The highest fence again
 * is a repetition if it is the same write to the letter; one that was refused then is judged anew. A refused write
 * raises the fence, too: that somebody newer has spoken is true whatever was said.
 */
export const judge = (service: string, record: ServiceRecord, write: Write, ready: ReadyCount): Judgement => {
  const { fence, key, rolloutId } = write.mark;
  const { last } = record;
  if (fence < record.fence) {
    const why = `The fence ${String(fence)} is below ${String(record.fence)}, the highest seen: a newer write was made since.`;
    return { outcome: 'fenced', highest: record.fence, why };
  }
  if (fence === record.fence) {
    if (last === null || !sameWrite(last, write)) {
      const why = `The fence ${String(fence)} was used by ${last === null ? 'another write' : `the write ${last.key}`}.`;
      return { outcome: 'fenced', highest: record.fence, why };
    }
    if (last.outcome === 'applied') return { outcome: 'repeated' };
  }
  const result = wanted(service, record, write, ready);
  if ('outcome' in result) return result;
  const { groups, weights, stable } = result;
  const applied: LastWrite = { rolloutId, key, fence, action: write.action, outcome: 'applied' };
  return { outcome: 'applied', next: { ...record, groups, weights, stable, fence, last: applied } };
};
