import { randomUUID } from 'node:crypto';
import { SluiceError } from '../../../runbooks/errors.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import type { Prepared } from '../../../workflows/contract.ts';
import { rolloutAnswer } from '../../api/schemas/answers.ts';
import type { RolloutRequest } from '../../api/schemas/requests.ts';
import type { SaidAnswer, StartAnswer } from '../../rollouts/requests.ts';
import type { Cli, Options } from '../command.ts';
import { timeoutOf } from '../command.ts';
import type { Line } from '../../story/text.ts';
import { prose, span } from '../../story/text.ts';
import { isLive, lookOf, print, printJson } from '../terminal.ts';
import { watchRollout } from '../watch.ts';
import { shortId } from '../../story/words.ts';
import { overridesOf } from '../overrides.ts';
import { sayDone } from './said.ts';

/** `sluice deploy SERVICE VERSION` */
export const deploy = (cli: Cli, service: string, version: string): Promise<number> =>
  start(cli, {
    kind: 'deploy',
    service,
    version,
    ...asked(cli.options),
    ...overridesOf(cli.options),
    ...mended(cli.options),
  });

/** `sluice rollback SERVICE` */
export const rollback = (cli: Cli, service: string): Promise<number> => {
  const { to } = cli.options;
  return start(cli, {
    kind: 'rollback',
    service,
    ...(to === undefined ? {} : { to }),
    ...asked(cli.options),
  });
};

/** `sluice flag SERVICE FLAG PERCENT` */
export const flag = (cli: Cli, service: string, name: string, percent: string): Promise<number> => {
  const given = /^(\d{1,3})\s?%?$/.exec(percent.trim())?.[1];
  if (given === undefined || Number(given) > 100) {
    throw new SluiceError({
      code: 'USAGE',
      message: `"${percent.slice(0, 40)}" is not a percentage.`,
      hint: 'Give a whole number from 0 (off) to 100 (everybody).',
    });
  }
  return start(cli, { kind: 'flag', service, flag: name, percent: Number(given), ...asked(cli.options) });
};

/** `--hotfix`: what a deploy, or its plan, mends. */
export const mended = ({ hotfix }: Options) => (hotfix === undefined ? {} : { hotfix });

const asked = ({ env, reason }: Options) => ({
  ...(env === undefined ? {} : { environment: env }),
  ...(reason === undefined ? {} : { reason }),
});

const start = async (cli: Cli, request: RolloutRequest): Promise<number> => {
  const { api, terminal, options } = cli;
  const timeoutMs = timeoutOf(options);
  // A key of its own, so that a call whose answer got lost can be said again and starts nothing twice.
  const key = options.key ?? randomUUID();
  const answer = await api.call(rolloutAnswer, {
    method: 'POST',
    path: ['v1', 'rollouts'],
    body: request,
    key,
  });
  if (options.json) printJson(terminal, answer);
  else if (!options.wait || !isLive(terminal)) {
    print(
      terminal,
      sayAnswer(answer, { width: lookOf(terminal.out, terminal.env).width, wait: options.wait }),
    );
  }
  if (!options.wait) return 0;
  return watchRollout(api, terminal, { id: waitFor(answer), json: options.json, purpose: 'wait', timeoutMs });
};

/** The rollout whose end the caller waits for. */
export const waitFor = (answer: StartAnswer | SaidAnswer): string => {
  if (answer.outcome !== 'done' || answer.started === null) return answer.rolloutId;
  return answer.started.rolloutId;
};

type Page = { readonly width: number; readonly wait: boolean };

/** What has been begun, and where to look. @throws SluiceError where a rollout was refused */
export const sayAnswer = (answer: StartAnswer | SaidAnswer, page: Page): readonly Line[] => {
  switch (answer.outcome) {
    case 'accepted':
      return sayAccepted(answer, page);
    case 'refused':
      throw refusedBy(answer);
    case 'queued':
      return [
        [
          span(answer.repeated ? '… it waits, with this key' : '… it waits', 'attention'),
          span(`: ${answer.rolloutId}`),
        ],
        ...prose(sayQueued(answer), page.width),
        ...look(answer.rolloutId, page),
      ];
    case 'not-confirmed':
      return [
        [span('… not confirmed yet', 'attention'), span(`: ${answer.rolloutId}`)],
        ...prose('No worker has answered. The request is kept, and may still be carried out.', page.width),
        ...look(answer.rolloutId, page),
      ];
    case 'done':
      return [...sayDone(answer), ...(answer.started === null ? [] : sayAnswer(answer.started, page))];
    default:
      return unreachable(answer);
  }
};

const sayQueued = ({ mode, behind }: Extract<StartAnswer, { outcome: 'queued' }>): string =>
  mode === 'queue'
    ? `It starts once rollout ${shortId(behind)}, which runs, has succeeded; a newer deploy takes its place in the queue.`
    : `Rollout ${shortId(behind)}, which runs, goes back to give way to it; then it starts.`;

export const refusedBy = ({
  problems,
  rolloutId,
}: Extract<StartAnswer, { outcome: 'refused' }>): SluiceError => {
  const [first] = problems;
  return new SluiceError({
    code: first?.code ?? 'RUNBOOK_INVALID',
    message: problems.map(({ message }) => message).join(' ') || 'The rollout was refused.',
    ...(first?.hint === undefined ? {} : { hint: first.hint }),
    details: { problems, rolloutId },
  });
};

const sayAccepted = (
  { rolloutId, repeated, prepared }: Extract<StartAnswer, { outcome: 'accepted' }>,
  page: Page,
): readonly Line[] => {
  const { width } = page;
  const { runbook, warnings } = prepared;
  const { service, environment, from, to } = runbook;
  const moves = from === null ? to.version : `${from.version} → ${to.version}`;
  return [
    [
      span(repeated ? '✓ accepted before, with this key' : '✓ accepted', 'good'),
      span(`: ${service} ${moves} in ${environment}`),
    ],
    [span(`  ${rolloutId}`, 'dim')],
    ...prose(planSummary(prepared), width - 2).map((line): Line => [span('  '), ...line]),
    ...warnings.flatMap((warning) =>
      prose(`! ${warning}`, width - 2, 'attention').map((line): Line => [span('  '), ...line]),
    ),
    ...look(rolloutId, page),
  ];
};

const planSummary = ({ runbook: { steps, from, kind } }: Prepared): string => {
  const watched = steps.reduce((sum, step) => sum + (step.kind === 'watch' ? step.windowMs : 0), 0);
  return [
    `${steps.length} steps`,
    ...(watched === 0 ? [] : [`watched for ${sayDuration(watched)}`]),
    ...(kind === 'deploy'
      ? [from === null ? 'no way back: nothing ran before' : `way back ${from.version}`]
      : []),
  ].join(' · ');
};

/** Who waits is looking on already. */
const look = (id: string, { wait }: Page): readonly Line[] =>
  wait ? [] : [[span('  look on: ', 'dim'), span(`sluice status ${shortId(id)} --watch`, 'strong')]];

const unreachable = (answer: never): never => {
  throw new Error(`answer ${JSON.stringify(answer)}`);
};
