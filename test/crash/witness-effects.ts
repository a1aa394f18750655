import type { Weights } from '../../runbooks/runbook.ts';
import { canonicalJson } from '../../runbooks/runbook.ts';
import type { WitnessEvent } from './planes/plane.ts';

/** Something that must not be. `about`: the write's key or the watch (`watch 3`); `null`: the rollout as a whole. */
export type Problem = { readonly about: string | null; readonly text: string };

const about = (subject: string | null, text: string): Problem => ({ about: subject, text });

/**
 * What the target itself saw: each write had its effect at most once, none was refused, none came too late except
 * those in `late`, no process was started twice, none crashed.
 */
export const judgeEffects = (
  events: readonly WitnessEvent[],
  late: (key: string) => boolean = () => false,
): readonly Problem[] => {
  const problems: Problem[] = [];
  const applied = new Map<string, number>();
  const started = new Map<string, number>();
  const twice = new Set<string>();
  let fence = 0;
  for (const event of events) {
    if (event.event === 'applied') {
      applied.set(event.key, (applied.get(event.key) ?? 0) + 1);
      if (event.fence <= fence) {
        problems.push(about(event.key, `fence ${event.fence} was applied after fence ${fence}`));
      }
      fence = Math.max(fence, event.fence);
    }
    if (event.event === 'refused') problems.push(about(event.key, `the target refused it: ${event.why}`));
    if (event.event === 'fenced' && !late(event.key)) {
      problems.push(about(event.key, `it came too late: ${event.why}`));
    }
    // Whoever was stopped on purpose may be started again.
    if (event.event === 'applied' && event.action.do === 'scale') {
      const of = `${event.action.version}/`;
      for (const instance of started.keys()) if (instance.startsWith(of)) started.delete(instance);
    }
    // One that was ended in order, too.
    if (event.event === 'instance-exited' && event.code === 0)
      started.delete(`${event.version}/${event.instance}`);
    if (event.event === 'instance-started') {
      const instance = `${event.version}/${event.instance}`;
      started.set(instance, (started.get(instance) ?? 0) + 1);
      if ((started.get(instance) ?? 0) > 1) twice.add(instance);
    }
  }
  for (const [key, times] of applied) {
    if (times > 1) problems.push(about(key, `it had its effect ${times} times`));
  }
  for (const instance of twice) {
    problems.push(about(null, `more than one process was started for the instance ${instance}`));
  }
  return problems;
};

const wentOf = (events: readonly WitnessEvent[]): readonly string[] =>
  events.flatMap((event) => (event.event === 'weights' ? [canonicalJson(event.weights)] : []));

const sayWay = (way: readonly string[]): string => way.join(' → ') || 'nowhere';

/** The traffic went exactly this way, step by step, and never anywhere else. */
export const judgeTraffic = (
  events: readonly WitnessEvent[],
  expected: readonly Weights[],
): readonly Problem[] => {
  const went = wentOf(events);
  const should = expected.map(canonicalJson);
  if (went.join() === should.join()) return [];
  return [about(null, `the traffic went ${sayWay(went)}, not ${sayWay(should)}`)];
};

/** The traffic went some of these steps, in order, and then back; or it went nowhere. */
export const judgeTurned = (
  events: readonly WitnessEvent[],
  up: readonly Weights[],
  to: Weights,
): readonly Problem[] => {
  const went = wentOf(events);
  const should = up.map(canonicalJson);
  const steps = went.slice(0, -1);
  if (went.length === 0) return [];
  if (went.at(-1) === canonicalJson(to) && steps.every((step, i) => step === should[i])) return [];
  return [
    about(null, `the traffic went ${sayWay(went)}, not as far as it came of ${sayWay(should)} and back`),
  ];
};

/** No request of the clients went unanswered. */
export const judgeClients = (events: readonly WitnessEvent[], mayLose = false): readonly Problem[] => {
  const lost = events.flatMap((event) => (event.event === 'lost' ? [event.why] : []));
  if (lost.length === 0 || mayLose) return [];
  return [about(null, `${lost.length} requests of the clients were lost, the first as ${lost[0] ?? ''}`)];
};
