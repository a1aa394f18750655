import { silenceAskedMs } from './inconclusive.ts';
import { sayApproval } from './approval.ts';
import { accessVerbs } from './service.ts';
import type { Action, Runbook, Step, Weights } from './runbook.ts';
import { effectiveWeights, sayInstances, sayWeights } from './traffic.ts';
import { sayDuration, writePercent } from './units.ts';
import { wayBack } from './way-back.ts';

/** What a runbook does not know of itself. `rolloutId` is `null` for a plan that was not started. */
export type PlaybookFacts = {
  readonly rolloutId: string | null;
  /** Hex, as `prepare` made it. */
  readonly hash: string;
  readonly warnings: readonly string[];
  /** The whole way back, in a shell: for when Sluice can not. Left out: nothing to go back to. */
  readonly byHand?: readonly string[];
};

/**
 * A runbook as one page of Markdown, for the person who is woken by it: the commands first, then what happens step by
 * step and what undoes it from there, and what happens by itself. The same inputs give the same page.
 */
export const playbook = (runbook: Runbook, facts: PlaybookFacts): string =>
  [
    heading(runbook),
    ...facts.warnings.map((warning) => `> **Note.** ${warning}`),
    '## To step in',
    commandTable(runbook, facts.rolloutId),
    '## Step by step',
    stepTable(runbook),
    '## What happens by itself',
    list(byItself(runbook)),
    ...byHandSection(facts.byHand ?? []),
    '## Who',
    list(people(runbook)),
    `Runbook \`${facts.hash.slice(0, 12)}\`${facts.rolloutId === null ? ', a plan: nothing has been started' : `, rollout \`${facts.rolloutId}\``}.`,
  ].join('\n\n') + '\n';

/** Exact, and above what is late: after a release that has failed half-way each of them may be said again. */
const byHandSection = (lines: readonly string[]): readonly string[] =>
  lines.length === 0
    ? []
    : [
        '## By hand, where Sluice can not',
        `The whole way back, in its order; what stands in \`<…>\` is yours to fill in. \`sluice rollback --break-glass\` does it where the target’s credentials are.`,
        ['```sh', ...lines, '```'].join('\n'),
      ];

const heading = ({ kind, service, environment, from, to }: Runbook): string => {
  const verb = { deploy: 'Deploy', rollback: 'Roll back', recover: 'Recover', flag: 'Ramp a flag of' }[kind];
  const before = from === null || kind === 'flag' ? '' : ` from ${from.version}`;
  return `# ${verb} ${service} in ${environment}:${before} to ${to.version}`;
};

const commandTable = (runbook: Runbook, rolloutId: string | null): string => {
  const { kind, service, environment } = runbook;
  const id = rolloutId ?? 'ID';
  const rows =
    kind === 'deploy' || kind === 'flag'
      ? [
          ...(runbook.approval === undefined
            ? []
            : [
                ['Let it begin, or not', `sluice approve ${id}`],
                ['', `sluice deny ${id} --reason "…"`],
              ]),
          [
            runbook.from === null
              ? 'Stop it now; a person decides what then'
              : 'Take it back now, traffic first',
            `sluice abort ${id} --reason "…"`,
          ],
          ['Stop where it is (the watch goes on)', `sluice hold ${id}`],
          ['Go on after a hold', `sluice resume ${id}`],
          ['Skip what is left to watch', `sluice promote ${id} --reason "…"`],
          ['Take it back after promotion', `sluice rollback ${service} --env ${environment} --reason "…"`],
        ]
      : [
          ['Try again where it failed', `sluice retry ${id}`],
          ['Go on by hand', `sluice take-over ${id} --reason "…"`],
        ];
  const looking = [
    ['See where it is', `sluice status ${id} --watch`],
    ['See why it decided as it did', `sluice why ${id}`],
  ];
  return table(
    ['to', 'say'],
    [...rows, ...looking].map(([what = '', command = '']) => [what, `\`${command}\``]),
  );
};

const stepTable = (runbook: Runbook): string =>
  table(
    ['step', 'what happens', 'the way back from here'],
    runbook.steps.map((step, index) => {
      const actions = wayBack(
        runbook,
        Array.from({ length: index + 1 }, (_, i) => i),
      );
      return [String(index + 1), `${step.title}${detail(step)}`, sayBack(runbook, actions, index)];
    }),
  );

const detail = (step: Step): string => {
  switch (step.kind) {
    case 'preflight':
      return ` (${step.checks.join(', ')})`;
    case 'migrate':
      return `, within ${sayDuration(step.withinMs)}`;
    case 'deploy':
      return `, ready within ${sayDuration(step.withinMs)}`;
    case 'scale':
      return step.withinMs === null ? '' : `, ready within ${sayDuration(step.withinMs)}`;
    case 'smoke':
      return `: ${step.checks.map(({ http }) => `\`${http.method} ${code(http.path)}\` → ${String(http.expect.status)}`).join(', ')}`;
    case 'shift':
      return isAll(step.weights) ? '' : ` (${sayWeights(step.weights)})`;
    case 'watch':
      return step.baseline === null ? ', beside nothing' : `, beside ${step.baseline}`;
    case 'verify':
      return `, within ${sayDuration(step.withinMs)}`;
    case 'release':
    case 'promote':
    case 'retire':
      return '';
    default:
      return step satisfies never;
  }
};

const isAll = (weights: Weights): boolean => Object.values(weights).includes(100);

/** A path may hold what would end a code span or a table's cell. */
const code = (text: string): string => text.replaceAll('`', '%60').replaceAll('|', '%7C');

const sayBack = (runbook: Runbook, actions: readonly Action[], index: number): string => {
  if (actions.length > 0) return actions.map(sayAction).join(', then ');
  if (runbook.kind !== 'deploy') return 'none: where it fails, a person decides';
  const changed = runbook.steps.slice(0, index + 1).some(({ kind }) => kind === 'deploy');
  if (!changed) return 'nothing to undo';
  return runbook.from === null ? 'none: nothing ran before' : 'nothing to undo: it stood there before';
};

const sayAction = (action: Action): string => {
  switch (action.do) {
    case 'deploy':
      return `deploy ${action.release.version}`;
    case 'scale':
      return action.instances === 0
        ? `stop ${action.version}`
        : `${action.version} at ${sayInstances(action.instances)}`;
    case 'flag':
      return action.percent === 0 ? `${action.flag} off` : `${action.flag} at ${String(action.percent)} %`;
    case 'shift':
      return isAll(action.weights)
        ? `all traffic to ${Object.keys(effectiveWeights(action.weights)).join(', ')}`
        : `traffic to ${sayWeights(action.weights)}`;
    case 'promote':
      return `promote ${action.version}`;
    case 'retire':
      return `retire ${action.version}`;
    default:
      return action satisfies never;
  }
};

const byItself = (runbook: Runbook): readonly string[] => {
  const { kind, from, keep, gates, waits, verify } = runbook;
  const retired =
    keep.retireNow.length === 0 ? [] : [`At the end ${keep.retireNow.join(', ')} is retired at once.`];
  const asked = runbook.approval === undefined ? [] : [sayApproval(runbook.approval)];
  if (kind !== 'deploy') {
    const all = [...asked, ...retired];
    return all.length === 0 ? ['Nothing else.'] : all;
  }
  const { extend, then } = gates.onInconclusive;
  const stays = from === null || (runbook.migrations?.noReturn ?? null) !== null;
  const back = stays ? 'it stops, and a person decides' : 'it goes back';
  const asks = {
    ask: 'a person is asked',
    rollback: back,
    promote: 'it goes on where traffic was too little, and a person is asked about anything else',
  }[then];
  const limit = `more than ${writePercent(gates.errors.max)} of the requests fail${from === null ? '' : ' and it is surely worse than the old version'}`;
  return [
    ...asked,
    `When ${limit}, or a step fails: ${back}. Metrics are read every ${sayDuration(gates.every)}.`,
    `A watch that can not tell: ${extend > 0 ? `it is watched for ${sayDuration(extend)} more, then ${asks}` : asks}.`,
    `Metrics that fall silent: the share stays, a person is asked after ${sayDuration(silenceAskedMs)}, and it goes on by itself when they are back; after ${sayDuration(waits.noDataMs)} without an answer ${back}.`,
    'Both versions fail: it waits for the old one to recover, and a person is asked.',
    `A hold or a question that nobody answers for ${sayDuration(waits.heldMs)}: ${back}.`,
    ...(from === null
      ? []
      : [`After the way back ${from.version} is verified for up to ${sayDuration(verify.withinMs)}.`]),
    ...(keep.warm === null
      ? []
      : [
          `After promotion ${keep.warm} stays ready for ${sayDuration(keep.keepWarmMs)}, then it is retired.`,
        ]),
    ...sayContract(runbook),
    ...retired,
  ];
};

const sayContract = ({ keep: { contract }, to }: Runbook): readonly string[] => {
  if (contract === undefined) return [];
  const names = contract.migrations.map(({ name }) => name).join(', ');
  const who =
    contract.by === 'auto'
      ? 'Then'
      : `Then, if a person approves it within ${sayDuration(contract.expiresMs)},`;
  return [
    `${who} ${names} is contracted: the point of no return, from which nothing before ${to.version} comes back.`,
  ];
};

const people = ({ owners, access }: Runbook): readonly string[] => [
  `Owners: ${owners.join(', ')}.`,
  ...accessVerbs.flatMap((verb) => {
    const groups = access[verb];
    return groups === undefined ? [] : [`\`${verb}\`: ${groups.join(', ')}, and the operator.`];
  }),
  'Every other command: the operator.',
];

const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
