import type { Weights } from '../../../runbooks/runbook.ts';
import { sayWeights, weightOf } from '../../../runbooks/traffic.ts';
import { sayProgress, sayTime } from '../../story/words.ts';
import type { Zone } from '../../story/words.ts';
import type { LiveModel, LiveWatch } from '../../story/model.ts';
import type { Line } from '../../story/text.ts';
import { clipText, span, textWidth } from '../../story/text.ts';

const longestBar = 40;
const longestVersion = 16;

/** How many of `cells` stand for `percent`: nothing only for nothing, all only for all. */
const filled = (percent: number, cells: number): number => {
  if (percent <= 0) return 0;
  if (percent >= 100) return cells;
  return Math.min(cells - 1, Math.max(1, Math.round((percent / 100) * cells)));
};

/** `2.1.0 10 % ███░░░░░░░ 90 % 2.0.4`: the new version on the left; `null` where nobody knows. */
export const trafficLine = (model: LiveModel, width: number): Line | null => {
  const { weights, moving, version, from } = model;
  if (weights === null) return null;
  const percent = weightOf(weights, version);
  const left = `${clipText(version, longestVersion)} ${percent} % `;
  const right = from === null ? '' : ` ${100 - percent} % ${clipText(from, longestVersion)}`;
  const goal = moving === null ? '' : ` → ${sayMove(moving, model)}`;
  const cells = Math.min(longestBar, width - textWidth(left) - textWidth(right));
  if (cells < 5) return [span(clipText(sayWeights(weights), width))];
  const full = filled(percent, cells);
  const bar: Line = [
    span(left, 'new'),
    span('█'.repeat(full), 'new'),
    span('░'.repeat(cells - full), 'old'),
    span(right, 'old'),
  ];
  const fits = textWidth(left) + cells + textWidth(right) + textWidth(goal) <= width;
  return fits ? [...bar, span(goal, 'attention')] : bar;
};

const sayMove = (moving: Weights, { version }: LiveModel): string => `${weightOf(moving, version)} %`;

/** `━━━━━━╌╌╌╌ 12 s of 30 s, ends 14:02:59` while a watch runs. */
export const watchLine = (watch: LiveWatch, { width, now, zone }: WatchSpace): Line => {
  const starts = Date.parse(watch.startsAt);
  const whole = Math.max(1, Date.parse(watch.endsAt) - starts);
  const done = Math.max(0, Math.min(whole, now - starts));
  const words = ` ${sayProgress(done, whole)}, ends ${sayTime(watch.endsAt, now, zone)}`;
  const cells = Math.min(longestBar, width - textWidth(words));
  if (cells < 5) return [span(clipText(words.trim(), width))];
  const full = filled((done / whole) * 100, cells);
  return [span('━'.repeat(full), 'new'), span('╌'.repeat(cells - full), 'dim'), span(words)];
};

type WatchSpace = { readonly width: number; readonly now: number; readonly zone: Zone };
