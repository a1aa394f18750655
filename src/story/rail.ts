import { weightOf } from '../../runbooks/traffic.ts';
import { sayProgress } from './words.ts';
import type { LiveModel, LiveStep } from './model.ts';
import type { Line, Tone } from './text.ts';
import { clipText, flow, span } from './text.ts';

const marks: Readonly<Record<LiveStep['state'], { readonly mark: string; readonly tone: Tone }>> = {
  pending: { mark: '○', tone: 'dim' },
  running: { mark: '◔', tone: 'new' },
  done: { mark: '✓', tone: 'good' },
  failed: { mark: '✗', tone: 'bad' },
  skipped: { mark: '–', tone: 'attention' },
};

/**
 * The steps one after the other: `✓ deploy  ✓ smoke  ✓ 10 %  ◔ watch 12 s of 30 s  ○ 50 %`. A watch stands there while it
 * matters: when it runs, failed or was skipped; otherwise its share's mark tells of both.
 */
export const railLines = (model: LiveModel, width: number, now: number): readonly Line[] => {
  const { steps } = model;
  const pieces = steps.flatMap((live): readonly Line[] => {
    const { step, state } = live;
    if (step.kind === 'watch') {
      if (state === 'pending' || state === 'done') return [];
      // It has its verdict, and waits for a person.
      if (state === 'running' && model.watch !== null && model.watch.verdict !== null)
        return [[span('! watch', 'attention')]];
      const { mark, tone } = marks[state];
      return [[span(`${mark} ${nameOf(live, model, now)}`, tone)]];
    }
    const { mark, tone } = marks[state];
    return [[span(`${mark} ${clipText(nameOf(live, model, now), 30)}`, tone)]];
  });
  return flow(pieces, width, 2);
};

type Known = Pick<LiveModel, 'watch' | 'version'>;

const nameOf = ({ step, state }: LiveStep, { watch, version }: Known, now: number): string => {
  switch (step.kind) {
    case 'shift':
      // What really moves: a share may be held back.
      return `${weightOf(step.weights, version)} %`;
    case 'watch': {
      if (state !== 'running' || watch === null) return 'watch';
      const starts = Date.parse(watch.startsAt);
      return `watch ${sayProgress(now - starts, Date.parse(watch.endsAt) - starts)}`;
    }
    case 'retire':
      return `retire ${step.version}`;
    case 'release':
      return `flag ${step.percent} %`;
    case 'scale':
      return `${step.release.version} ×${step.instances}`;
    case 'preflight':
    case 'migrate':
    case 'deploy':
    case 'smoke':
    case 'promote':
    case 'verify':
      return step.kind;
    default:
      return unreachable(step);
  }
};

const unreachable = (step: never): never => {
  throw new Error(`step ${JSON.stringify(step)}`);
};
