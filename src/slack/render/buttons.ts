import type { Button } from '@slack/types';
import { extendedMs } from '../../../runbooks/inconclusive.ts';
import type { Command, RolloutState } from '../../../runbooks/state.ts';
import { stateTable } from '../../../runbooks/state.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import type { LiveModel } from '../../story/model.ts';
import { plainLine } from './escape.ts';
import {
  acknowledgeAction,
  actionId,
  commandOf,
  contractAction,
  liftAction,
  markOf,
  writeMark,
} from './mark.ts';

type Face = {
  readonly label: string;
  readonly style?: 'primary' | 'danger';
  /** What the click does, said before it does: of commands that move traffic or decide for others. */
  readonly asks?: (names: Names) => string;
  /** A form asks why, in place of a confirm. */
  readonly why?: true;
};
type Names = { readonly place: string; readonly from: string; readonly version: string };

const back = ({ place, from, version }: Names): string =>
  `${place}: all traffic goes from ${version} back to ${from} at once.`;

const stays = ({ place, from, version }: Names): string =>
  `${place}: ${version} will not be rolled out, ${from} stays.`;

const faces: Readonly<Record<Command, Face>> = {
  approve: {
    label: 'Approve',
    style: 'primary',
    asks: ({ place, from, version }) => `${place}: ${from} → ${version} may begin.`,
  },
  deny: {
    label: 'Deny…',
    style: 'danger',
    asks: stays,
    why: true,
  },
  hold: { label: 'Hold' },
  resume: {
    label: 'Resume',
    style: 'primary',
    asks: ({ place, from, version }) => `${place}: the rollout ${from} → ${version} goes on.`,
  },
  extend: { label: 'Extend' },
  accept: {
    label: 'Accept…',
    style: 'danger',
    asks: ({ place, from, version }) =>
      `${place}: ${version} goes on in place of ${from}, though the numbers could not tell.`,
    why: true,
  },
  promote: {
    label: 'Promote now…',
    style: 'danger',
    asks: ({ place, from, version }) =>
      `${place}: all traffic goes from ${from} to ${version}, without the watches that are left.`,
  },
  abort: { label: 'Abort and roll back…', style: 'danger', asks: back },
  rollback: { label: 'Roll back…', style: 'danger', asks: back },
  override: {
    label: 'Override…',
    style: 'danger',
    asks: ({ place, from, version }) => `${place}: ${from} → ${version} begins over what stood against it.`,
    why: true,
  },
  retry: { label: 'Retry…', asks: ({ place, from, version }) => `${place}: ${from} → ${version} once more.` },
  'take-over': {
    label: 'Take over',
    style: 'danger',
    asks: ({ place, from, version }) =>
      `${place}: the rollout ${from} → ${version} ends; what runs is yours to mend.`,
  },
  page: {
    label: 'Page on-call',
    style: 'danger',
    asks: ({ place, from, version }) => `${place}: on-call is paged about ${from} → ${version}.`,
  },
};

/** In the order in which they are shown. What the state does not accept is never offered. */
const offered: Readonly<Record<RolloutState, readonly Command[]>> = {
  requested: ['abort'],
  queued: ['abort'],
  planning: ['abort'],
  'awaiting-approval': ['approve', 'deny'],
  deploying: ['hold', 'abort'],
  ramping: ['hold', 'abort'],
  watching: ['hold', 'promote', 'abort'],
  inconclusive: ['extend', 'rollback', 'accept'],
  held: ['resume', 'rollback'],
  frozen: ['hold', 'rollback'],
  'rolling-back': ['page'],
  'rollback-failed': ['retry', 'take-over'],
  succeeded: ['rollback'],
  'rolled-back': ['retry'],
  aborted: ['retry'],
  denied: ['retry'],
  expired: ['retry'],
  refused: ['override', 'retry'],
  superseded: ['retry'],
  'rolled-back-by-hand': ['retry'],
};

export const commandsOffered = (state: RolloutState): readonly Command[] =>
  offered[state].filter((command) => stateTable[state].accepts[command] !== undefined);

export const buttonsOf = (model: LiveModel): readonly Button[] => [
  ...commandsOffered(model.state)
    .filter((command) => command !== 'override' || isStoppedByChecks(model))
    .map((command) => button(actionId(command), faceOf(command, model), model)),
  ...(model.contract === null ? [] : [button(contractAction, contractFace, model)]),
  ...(isQuarantined(model) ? [button(liftAction, liftFace, model)] : []),
  ...(model.page === 'open' ? [button(acknowledgeAction, acknowledgeFace, model)] : []),
];

/** What names no check can not be passed over. */
const isStoppedByChecks = ({ problems }: LiveModel): boolean =>
  problems.length > 0 && problems.every(({ details }) => typeof details?.['check'] === 'string');

/** What a gate sent back is refused everywhere, until somebody says that it was not the release's fault. */
const isQuarantined = ({ state, kind, cause, lifted }: LiveModel): boolean =>
  state === 'rolled-back' && kind === 'deploy' && cause?.by === 'breach' && !lifted;

const liftFace: Face = {
  label: 'Lift quarantine…',
  asks: ({ place, version }) => `${place}: ${version} was rolled back by a gate. It may be deployed again.`,
  why: true,
};

const contractFace: Face = {
  label: 'Approve contract…',
  style: 'danger',
  asks: ({ place, from, version }) =>
    `${place}: the database loses what ${from} needs. There is no way back from it: no release before ${version} comes back.`,
};

const acknowledgeFace: Face = { label: 'Acknowledge page' };

/** What a form asks why of: its button, and what will happen. `null`: a click on it does what it says. */
export const reasonFaceOf = (action: string): Required<Pick<Face, 'label' | 'asks'>> | null => {
  const command = commandOf(action);
  const face = action === liftAction ? liftFace : command === null ? null : faces[command];
  return face?.why === true && face.asks !== undefined ? { label: face.label, asks: face.asks } : null;
};

/** Nothing has run yet: there is no way back that an abort could take. */
const untouched: ReadonlySet<RolloutState> = new Set(['requested', 'queued', 'planning']);

/** The same word is another thing in another state. */
const faceOf = (command: Command, model: LiveModel): Face => {
  const { state } = model;
  if (command === 'retry' && state === 'rollback-failed')
    return { label: 'Retry rollback', style: 'danger', asks: back };
  if (command === 'abort' && untouched.has(state)) return { label: 'Abort…', style: 'danger', asks: stays };
  if (command === 'extend') return { label: extendLabel(model) };
  return faces[command];
};

/** `Extend 15 min`: as long as it will be. */
const extendLabel = ({ watch, steps, extend }: LiveModel): string => {
  const step = watch === null ? undefined : steps[watch.step]?.step;
  return step?.kind === 'watch'
    ? `${faces.extend.label} ${sayDuration(extendedMs(extend, step.windowMs))}`
    : faces.extend.label;
};

const plain = (text: string, most: number) =>
  ({ type: 'plain_text', text: plainLine(text, most), emoji: false }) as const;

const button = (action: string, { asks, style, label, why }: Face, model: LiveModel): Button => {
  const names = {
    place: `${plainLine(model.service, 63)} in ${plainLine(model.environment, 63)}`,
    from: plainLine(model.from ?? 'nothing', 40),
    version: plainLine(model.version, 40),
  };
  const confirm =
    asks === undefined || why === true
      ? {}
      : {
          confirm: {
            title: plain(`${label.replace('…', '')}?`, 100),
            text: plain(asks(names), 300),
            confirm: plain(label.replace('…', ''), 30),
            deny: plain('No', 30),
            ...(style === undefined ? {} : { style }),
          },
        };
  return {
    type: 'button',
    action_id: action,
    text: plain(label, 75),
    value: writeMark(markOf(model)),
    ...(style === undefined ? {} : { style }),
    ...confirm,
  };
};
