import { stateTable } from '../../runbooks/state.ts';
import { sayDuration } from '../../runbooks/units.ts';
import type { ActorView, PageView } from '../store/views.ts';
import type { Evidence, Incident } from './record.ts';

/** A postmortem's draft: what the ledger knows is filled in, what people know is asked for. Markdown, times in UTC. */
export const postmortem = (incident: Incident): string => {
  const { service, environment, from, version, id, cause, state, times, byHand, verified } = incident;
  const moved = from === null ? version : `${from} → ${version}`;
  return [
    `# ${service} ${moved} in ${environment}: ${stateTable[state].says}`,
    '',
    `Rollout \`${id}\`, asked for by ${escape(incident.requestedBy)} at ${instant(incident.requestedAt)}. A draft from the ledger: check it, and answer what it asks.`,
    '',
    '## What happened',
    '',
    cause === null ? 'It went on; people were paged about it.' : escape(cause.sentence),
    ...(verified === null ? [] : ['', escape(verified)]),
    '',
    '## How long it took',
    '',
    '| | |',
    '| --- | --- |',
    `| from the first traffic on ${version} until it was decided to go back | ${took(times.detectMs)} |`,
    `| from that decision until all traffic was back | ${took(times.rollBackMs)} |`,
    `| from the first traffic on ${version} until ${from ?? 'it'} was seen to be well | ${took(times.restoreMs)} |`,
    `| from the page until somebody took it on | ${took(times.acknowledgeMs)} |`,
    '',
    '## Evidence',
    '',
    ...(incident.evidence.length === 0
      ? ['No watch had come to a verdict.']
      : incident.evidence.flatMap(evidenceLines)),
    '',
    '## Who was paged',
    '',
    ...(incident.pages.length === 0 ? ['Nobody.'] : incident.pages.flatMap(pageLines)),
    ...(byHand.length === 0
      ? []
      : ['', '## What had to be done by hand', '', '```sh', ...byHand.map(inFence), '```']),
    '',
    '## Timeline',
    '',
    ...incident.timeline.map(({ at, what, text }) => `- ${instant(at)} **${escape(what)}** ${escape(text)}`),
    '',
    '## To be answered',
    '',
    '- What did customers notice, and how many of them?',
    `- Why was ${version} as it was, and why did nothing before production find it?`,
    '- What helped, what was in the way, and where were we lucky?',
    '- What will be done, by whom, until when?',
    '',
  ].join('\n');
};

const evidenceLines = ({ title, startsAt, endsAt, verdict }: Evidence): readonly string[] => {
  const { kind, reason, sentence, canary, baseline, samples } = verdict;
  const counts = (arm: { readonly requests: number; readonly errors: number }): string =>
    `${String(arm.errors)} of ${String(arm.requests)} requests failed`;
  return [
    `- **${escape(title)}**, ${instant(startsAt)} to ${instant(endsAt)}: ${kind} (${escape(reason)}). ${escape(sentence)}`,
    `  New version: ${counts(canary)}. ${baseline === null ? 'Nothing to compare with.' : `Old version: ${counts(baseline)}.`} ${String(samples.seen)} of ${String(samples.due)} samples.`,
  ];
};

const pageLines = (page: PageView): readonly string[] => {
  const { incident, severity, triggeredAt, acknowledgedAt, resolvedAt, url, problem, state } = page;
  const told =
    triggeredAt === null
      ? `was not delivered${problem === null ? '' : `: ${escape(problem.message)}`}`
      : `paged at ${instant(triggeredAt)}`;
  return [
    `- \`${incident}\`${severity === null ? '' : ` (${severity})`}: ${told}${url === null ? '' : ` (<${url}>)`}`,
    ...(triggeredAt === null
      ? []
      : [
          acknowledgedAt === null
            ? '  - nobody acknowledged it'
            : `  - acknowledged at ${instant(acknowledgedAt)} by ${who(page.acknowledgedBy)}`,
        ]),
    ...(resolvedAt === null || state !== 'resolved'
      ? []
      : [`  - resolved at ${instant(resolvedAt)} by ${who(page.resolvedBy)}`]),
  ];
};

/** `null`: Sluice itself. */
const who = (actor: ActorView | null): string => escape(actor?.name ?? actor?.id ?? 'Sluice');

const took = (ms: number | null): string => (ms === null ? 'not known' : sayDuration(ms));
const instant = (iso: string): string => `${iso.slice(0, 19).replace('T', ' ')} UTC`;

/** Texts are shown as they are: none of them makes a heading, a link or markup of the page. */
const escape = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_{}[\]<>#|~]/g, (character) => `\\${character}`);
const inFence = (command: string): string => command.replaceAll('```', '` ` `').replaceAll(/[\r\n]+/g, ' ');
