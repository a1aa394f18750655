import { stateTable } from '../../runbooks/state.ts';
import type { RolloutState } from '../../runbooks/state.ts';
import { sayDuration } from '../../runbooks/units.ts';
import type { StoredEvent } from '../store/views.ts';
import { sayAction } from './say-action.ts';
import { sayState, shortHash } from './words.ts';
import type { LiveModel } from './model.ts';
import { sayPage } from './say-page.ts';
import type { Tone } from './text.ts';

/** One thing that happened: what kind of thing in a word or two, then what; until when (ISO 8601), and then what. */
export type Said = {
  readonly word: string;
  readonly text: string;
  readonly tone: Tone;
  readonly until: string | null;
  readonly then: string | null;
};

/** What happened in one line, its time in the words of the reader. */
export const sentenceOf = ({ text, until, then }: Said, sayTime: (iso: string) => string): string =>
  `${text}${until === null ? '' : `, until ${sayTime(until)}`}${then === null ? '' : `; then ${then}`}`;

/** An event in words, given what was known before it; `null` where another event says the same. */
export const sayEvent = (model: LiveModel, event: StoredEvent): Said | null => {
  const { body } = event;
  switch (body.type) {
    case 'requested':
      return say('requested', `${sayWanted(body)} in ${body.environment}`);
    case 'planned': {
      const { from, steps, kind } = body.runbook;
      const back = from === null ? ', no way back' : `, way back ${from.version}`;
      return say(
        'planned',
        `${steps.length} steps, hash ${shortHash(body.hash)}${kind === 'deploy' ? back : ''}`,
      );
    }
    case 'refused':
      return say('refused', body.problems.map((problem) => problem.message).join(' '), 'bad');
    case 'state':
      return sayStateEvent(body);
    case 'step-started':
      return null;
    case 'step-done':
      return sayDone(model, body.step, body.found);
    case 'step-failed':
      return say('failed', `${title(model, body.step)}: ${body.problem.message}`, 'bad');
    case 'stuck':
      return { ...say('stuck', body.sentence, 'attention'), then: sayThen[body.then] };
    case 'step-skipped':
      return say('skipped', `${title(model, body.step)}: ${body.why}`, 'attention');
    case 'watch-started':
      return { ...say('watch', title(model, body.step)), until: body.endsAt };
    case 'verdict':
      return say(body.verdict.kind, body.verdict.sentence, verdictTones[body.verdict.kind]);
    case 'command':
      return sayCommand(event, body.command, body.refusal);
    case 'way-back':
      return say('way back', sayWayBack(body), 'bad');
    case 'traffic-back':
      return say(
        'traffic',
        `back on ${model.from ?? 'the old version'} after ${sayDuration(body.afterMs)}`,
        'good',
      );
    case 'way-back-failed':
      return say('failed', `the way back: ${body.problem.message}`, 'bad');
    case 'verified':
      return say(body.recovered ? 'verified' : 'not well', body.sentence, body.recovered ? 'good' : 'bad');
    case 'promoted':
      return say('promoted', `${body.release.version} is the good release of ${body.environment}`, 'good');
    case 'retired':
      return say('retired', body.version);
    case 'approval':
      return { ...say(approvalWords[body.is], body.sentence, 'attention'), until: body.until };
    case 'contract':
      return { ...say('contract', body.sentence, contractTones[body.is]), until: body.until };
    case 'watch-resumed':
      return say('goes on', body.sentence);
    case 'quarantine-lifted':
      return say('lifted', `${body.digest} may be deployed again`);
    case 'keep-closed':
      return body.claimedBy === null
        ? say('kept', 'the old version is no longer held ready')
        : say('kept', `the old version was claimed by ${body.claimedBy}`);
    case 'closed':
      return say(sayState(body.state), body.sentence, toneOf(body.state));
    case 'page-sent':
    case 'page-late':
    case 'page-failed':
    case 'page-answered': {
      const said = sayPage(body, event.actor?.name ?? event.actor?.id ?? 'nobody');
      return say(said.word, said.text, said.tone);
    }
    default:
      body satisfies never;
      return null;
  }
};

/** A rollback may have been asked for without naming a version. */
const sayWanted = ({
  kind,
  service,
  version,
  hotfix,
}: Extract<StoredEvent['body'], { type: 'requested' }>): string =>
  kind === 'rollback' || kind === 'recover'
    ? `${kind} of ${service} to ${version}`
    : `${kind} of ${service} ${version}${hotfix === undefined ? '' : `, a hotfix of ${hotfix},`}`;

const say = (word: string, text: string, tone: Tone = 'plain'): Said => ({
  word,
  text,
  tone,
  until: null,
  then: null,
});

const title = (model: LiveModel, index: number): string =>
  model.steps[index]?.step.title ?? `step ${index + 1}`;

const sayThen = { rollback: 'the way back', page: 'it waits on, and somebody is paged', told: null } as const;
const approvalWords = { asked: 'asks', reminder: 'still asks', void: 'void' } as const;
const contractTones = {
  asked: 'attention',
  reminder: 'attention',
  done: 'good',
  failed: 'bad',
  expired: 'dim',
} as const;
const verdictTones = { pass: 'good', breach: 'bad', inconclusive: 'attention' } as const;

/** Of a watch its verdict has told already, of a verification what it found. */
const sayDone = (model: LiveModel, index: number, found: string | null): Said | null => {
  const kind = model.steps[index]?.step.kind;
  if (kind === 'watch' && model.watch?.verdict !== null) return null;
  if (kind === 'verify' && model.verified !== null) return null;
  return say('done', `${title(model, index)}${found === null || found === '' ? '' : `: ${found}`}`, 'good');
};

/** Only the states that no step tells of. A hold that nobody ends is ended by the way back, whatever comes next. */
const sayStateEvent = ({
  state,
  until,
  next,
}: Extract<StoredEvent['body'], { type: 'state' }>): Said | null => {
  if (!needsPerson(state) && !waitsByItself(state)) return null;
  const then = state === 'held' ? 'the way back' : next;
  return { ...say('waits', stateTable[state].says, 'attention'), until, then };
};

/** Of a breach the verdict has told the cause already. */
const sayWayBack = ({ cause, actions }: Extract<StoredEvent['body'], { type: 'way-back' }>): string => {
  const acts = actions.map(sayAction);
  const does = acts.length === 0 ? 'nothing to undo' : acts.join(', ');
  return cause.by === 'breach' ? does : `${cause.sentence} (${does})`;
};

const sayCommand = (event: StoredEvent, command: string, refusal: string | null): Said => {
  const who = event.actor?.name ?? event.actor?.id ?? 'nobody';
  const reason = event.texts['reason'];
  const why = reason === undefined || reason === null ? '' : `: “${reason}”`;
  return refusal === null
    ? say(command, `by ${who}${why}`, 'attention')
    : say(`no ${command}`, `by ${who}: ${refusal}`, 'dim');
};

/** States in which nothing happens until a person answers, or a time is over. */
export const needsPerson = (state: RolloutState): boolean =>
  state === 'held' ||
  state === 'inconclusive' ||
  state === 'rollback-failed' ||
  state === 'awaiting-approval';

/** States that end by themselves, in their time. */
const waitsByItself = (state: RolloutState): boolean => state === 'frozen';

export const toneOf = (state: RolloutState): Tone => {
  if (state === 'succeeded') return 'good';
  if (state === 'rollback-failed') return 'bad';
  if (needsPerson(state) || waitsByItself(state)) return 'attention';
  if (stateTable[state].open) return state === 'rolling-back' ? 'bad' : 'new';
  return state === 'superseded' ? 'attention' : 'bad';
};
