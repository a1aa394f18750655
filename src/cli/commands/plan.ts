import { sayApproval } from '../../../runbooks/approval.ts';
import type { Runbook, SmokeStep, Step } from '../../../runbooks/runbook.ts';
import { sayDuration } from '../../../runbooks/units.ts';
import type { Prepared } from '../../../workflows/contract.ts';
import { prepared as preparedSchema } from '../../api/schemas/answers.ts';
import type { Cli } from '../command.ts';
import { sayLimit } from '../../story/words.ts';
import type { Line } from '../../story/text.ts';
import { lineWidth, prose, span } from '../../story/text.ts';
import { sayAction } from '../../story/say-action.ts';
import { labelled, table } from '../table.ts';
import { lookOf, print, printJson } from '../terminal.ts';
import { mended } from './start.ts';
import { overridesOf } from '../overrides.ts';
import { shortHash } from '../../story/words.ts';

/** `sluice plan SERVICE VERSION`: what a deploy would do, and how each step is undone. */
export const plan = async (cli: Cli, service: string, version: string): Promise<number> => {
  const { api, terminal, options } = cli;
  const prepared = await api.call(preparedSchema, {
    method: 'POST',
    path: ['v1', 'plans'],
    body: {
      service,
      version,
      ...(options.env === undefined ? {} : { environment: options.env }),
      ...overridesOf(options),
      ...mended(options),
    },
    safe: true,
  });
  if (options.json) printJson(terminal, prepared);
  else print(terminal, sayPlan(prepared, lookOf(terminal.out, terminal.env).width));
  return 0;
};

/** A plan on one page. Pure. */
export const sayPlan = (
  { runbook, hash, warnings, outlook, overridden = [] }: Prepared,
  width: number,
): readonly Line[] => {
  const { service, environment, from, to } = runbook;
  const title: Line = [
    span(`${service} ${from === null ? '' : `${from.version} → `}${to.version}`, 'strong'),
    span(` · ${environment}`),
  ];
  const mark = `plan ${shortHash(hash)}`;
  const gap = Math.max(2, width - lineWidth(title) - mark.length);
  const steps = runbook.steps.map((step, i) => [
    span(String(i + 1).padStart(2), 'dim'),
    span(step.title),
    span(detailOf(step), 'dim'),
    span(undo(step), step.back.length === 0 ? 'dim' : 'plain'),
  ]);
  return [
    [...title, span(' '.repeat(gap)), span(mark, 'dim')],
    [],
    ...table(['', 'STEP', '', 'UNDONE BY'], steps, { width }),
    [],
    ...facts(runbook).flatMap(([label, text]) => labelled(label, prose(text, width - 10))),
    ...(outlook === undefined ? [] : labelled('outlook', prose(outlook.sentence, width - 10))),
    ...(warnings.length === 0 ? [] : [[]]),
    ...warnings.flatMap((warning) => labelled('warning', prose(warning, width - 10, 'attention'))),
    ...overridden.flatMap(({ check, reason }) =>
      labelled('passed', prose(`${check}, because: ${reason}`, width - 10, 'attention')),
    ),
    [],
    ...labelled('start it', [
      [span(`sluice deploy ${service} ${to.version} --env ${environment}`, 'strong')],
    ]),
  ];
};

const detailOf = (step: Step): string => {
  switch (step.kind) {
    case 'deploy':
    case 'verify':
      return `ready within ${sayDuration(step.withinMs)}`;
    case 'scale':
      return step.withinMs === null ? '' : `ready within ${sayDuration(step.withinMs)}`;
    case 'smoke':
      return sayChecks(step.checks);
    case 'watch':
      return step.baseline === null ? 'against the limit' : `against ${step.baseline}`;
    case 'migrate':
      return `within ${sayDuration(step.withinMs)}`;
    case 'preflight':
    case 'shift':
    case 'release':
    case 'promote':
    case 'retire':
      return '';
    default:
      return unreachable(step);
  }
};

const sayChecks = ([first, ...more]: SmokeStep['checks']): string =>
  first === undefined
    ? ''
    : `${first.http.method} ${first.http.path}${more.length === 0 ? '' : ` +${more.length}`}`;

const undo = ({ back }: Step): string => (back.length === 0 ? '–' : back.map(sayAction).join(', '));

const facts = ({
  approval,
  gates,
  keep,
  from,
  waits,
  to,
  steps,
}: Runbook): readonly (readonly [string, string])[] => {
  const { onInconclusive } = gates;
  const extend = onInconclusive.extend > 0 ? `watch ${sayDuration(onInconclusive.extend)} more, then ` : '';
  const ask = {
    ask: 'ask a person',
    rollback: 'go back',
    promote: 'go on where traffic was too little, else ask a person',
  }[onInconclusive.then];
  const checks = steps.flatMap((step) => (step.kind === 'preflight' ? step.checks : []));
  return [
    ...(checks.length === 0 ? [] : [['checks', `${checks.join(', ')}: before anything is changed`] as const]),
    ...(approval === undefined ? [] : [['approval', sayApproval(approval)] as const]),
    [
      'gate',
      `errors at most ${sayLimit(gates.errors.max)}${sayCustom(gates)}, read every ${sayDuration(gates.every)}; no answer: ${extend}${ask}`,
    ],
    [
      'way back',
      from === null
        ? `none: nothing ran before. If ${to.version} fails it stays, and a person decides.`
        : `${from.version}${keep.warm === null ? '' : `, kept ready for ${sayDuration(keep.keepWarmMs)} after the promotion`}`,
    ],
    ['waits', `a hold or a question ends in the way back after ${sayDuration(waits.heldMs)}`],
  ];
};

/** The service's own metrics, which are judged beside the errors. */
const sayCustom = ({ custom = [] }: Runbook['gates']): string =>
  custom.length === 0 ? '' : ` and ${custom.map(({ name }) => name).join(', ')} beside them`;

const unreachable = (step: never): never => {
  throw new Error(`step ${JSON.stringify(step)}`);
};
