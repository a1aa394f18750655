import type { Cause } from './events.ts';

/** Every state of a rollout. One table says what each means to people, machines and commands. */
export const states = [
  'requested',
  'queued',
  'planning',
  'deploying',
  'ramping',
  'watching',
  'inconclusive',
  'held',
  'frozen',
  'rolling-back',
  'rollback-failed',
  'succeeded',
  'rolled-back',
  'aborted',
  'refused',
  'rolled-back-by-hand',
  'awaiting-approval',
  'denied',
  'expired',
  'superseded',
] as const;
export type RolloutState = (typeof states)[number];

export const commands = [
  'approve',
  'deny',
  'hold',
  'resume',
  'extend',
  'accept',
  'promote',
  'abort',
  'rollback',
  'override',
  'retry',
  'take-over',
  'page',
] as const;
export type Command = (typeof commands)[number];

/**
 * What an accepted command does. `start-…` is a new rollout, begun by the façade (`start-over`: over the checks that
 * stood against it), which also takes one out of the queue; the others act on this one.
 */
export type Effect =
  | 'approve'
  | 'deny'
  | 'hold'
  | 'resume'
  | 'extend'
  | 'accept'
  | 'promote'
  | 'way-back'
  | 'retry-way-back'
  | 'take-over'
  | 'page'
  | 'start-rollback'
  | 'start-again'
  | 'start-over'
  | 'leave-queue';

type StateRow = {
  /** An open rollout has not ended. It holds the lock of its service and environment, unless it is `queued`. */
  readonly open: boolean;
  /** Exit code of a waiting client; `null`: it goes on waiting. */
  readonly exit: number | null;
  /** For people: what is happening. */
  readonly says: string;
  readonly accepts: Readonly<Partial<Record<Command, Effect>>>;
  /** Ends the sentence "can not … :" for every command that the state does not accept. */
  readonly because: string;
};

const back = { abort: 'way-back', rollback: 'way-back' } as const;

/** interfaces: exit codes; the states and buttons people see. Everything else derives from this table. */
export const stateTable: Readonly<Record<RolloutState, StateRow>> = {
  requested: {
    open: true,
    exit: null,
    says: 'asked for, not started yet',
    accepts: back,
    because: 'it has not started yet',
  },
  queued: {
    open: true,
    exit: null,
    says: 'waits for the rollout before it',
    accepts: { abort: 'leave-queue', rollback: 'leave-queue' },
    because: 'it waits for the rollout before it, and nothing has run',
  },
  planning: {
    open: true,
    exit: null,
    says: 'making the runbook',
    accepts: back,
    because: 'its runbook is still being made',
  },
  'awaiting-approval': {
    open: true,
    exit: null,
    says: 'waiting for approval',
    accepts: { ...back, approve: 'approve', deny: 'deny' },
    because: 'it waits for approval and nothing has run',
  },
  deploying: {
    open: true,
    exit: null,
    says: 'deploying',
    accepts: { ...back, hold: 'hold', page: 'page' },
    because: 'the new version is still being deployed',
  },
  ramping: {
    open: true,
    exit: null,
    says: 'moving traffic',
    accepts: { ...back, hold: 'hold', page: 'page' },
    because: 'traffic is being moved',
  },
  watching: {
    open: true,
    exit: null,
    says: 'watching the new version',
    accepts: { ...back, hold: 'hold', promote: 'promote', page: 'page' },
    because: 'it is being watched',
  },
  inconclusive: {
    open: true,
    exit: null,
    says: 'can not tell: needs a person',
    accepts: { ...back, extend: 'extend', accept: 'accept', promote: 'promote', page: 'page' },
    because: 'the last watch could not tell, and it waits for a person',
  },
  held: {
    open: true,
    exit: null,
    says: 'held by a person',
    accepts: { ...back, resume: 'resume', page: 'page' },
    because: 'it is held',
  },
  frozen: {
    open: true,
    exit: null,
    says: 'waits for the end of a freeze',
    accepts: { ...back, hold: 'hold', page: 'page' },
    because: 'a freeze is on, and it goes on by itself when that ends',
  },
  'rolling-back': {
    open: true,
    exit: null,
    says: 'going back',
    accepts: { page: 'page' },
    because: 'it is already going back to the old version',
  },
  'rollback-failed': {
    open: true,
    exit: 4,
    says: 'the way back failed: needs a person now',
    accepts: {
      retry: 'retry-way-back',
      rollback: 'retry-way-back',
      abort: 'retry-way-back',
      'take-over': 'take-over',
      page: 'page',
    },
    because: 'its way back failed and it waits for a person',
  },
  succeeded: {
    open: false,
    exit: 0,
    says: 'succeeded',
    accepts: { rollback: 'start-rollback' },
    because: 'it has succeeded',
  },
  'rolled-back': {
    open: false,
    exit: 3,
    says: 'rolled back',
    accepts: { retry: 'start-again' },
    because: 'it has been rolled back',
  },
  aborted: {
    open: false,
    exit: 5,
    says: 'aborted, rolled back',
    accepts: { retry: 'start-again' },
    because: 'it was aborted',
  },
  refused: {
    open: false,
    exit: 2,
    says: 'refused, nothing was done',
    accepts: { retry: 'start-again', override: 'start-over' },
    because: 'it was refused',
  },
  'rolled-back-by-hand': {
    open: false,
    exit: 5,
    says: 'rolled back by hand',
    accepts: { retry: 'start-again' },
    because: 'it was rolled back by hand',
  },
  denied: {
    open: false,
    exit: 6,
    says: 'denied, nothing was done',
    accepts: { retry: 'start-again' },
    because: 'it was denied',
  },
  expired: {
    open: false,
    exit: 7,
    says: 'approval expired, nothing was done',
    accepts: { retry: 'start-again' },
    because: 'its approval expired',
  },
  superseded: {
    open: false,
    exit: 9,
    says: 'superseded by a newer one',
    accepts: { retry: 'start-again' },
    because: 'a newer one took its place',
  },
};

/** The command's effect in that state, or the sentence that refuses it. */
export const judgeCommand = (
  state: RolloutState,
  command: Command,
): { readonly effect: Effect } | { readonly refusal: string } => {
  const row = stateTable[state];
  const effect = row.accepts[command];
  if (effect !== undefined) return { effect };
  const allowed = Object.keys(row.accepts);
  const instead = allowed.length === 0 ? 'It takes no command now.' : `It takes now: ${allowed.join(', ')}.`;
  return { refusal: `Can not ${command}: ${row.because}. ${instead}` };
};

/** The same, for somebody who looked at another state: what would do another thing now is refused. */
export const judgeMeant = (
  state: RolloutState,
  command: Command,
  meant: Effect | undefined,
): ReturnType<typeof judgeCommand> => {
  const judged = judgeCommand(state, command);
  if (meant === undefined || 'refusal' in judged || judged.effect === meant) return judged;
  return { refusal: `Can not ${command}: ${stateTable[state].because}, and it would do another thing now.` };
};

export const isOpen = (state: RolloutState): boolean => stateTable[state].open;

/** Who goes back for that reason ends so. */
export const endOf = (by: Cause['by']): RolloutState =>
  by === 'person' ? 'aborted' : by === 'newer' ? 'superseded' : 'rolled-back';
