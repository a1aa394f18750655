import type { Actor } from '../../runbooks/access.ts';
import { checkNames } from '../../runbooks/checks/check.ts';
import type { AccessVerb } from '../../runbooks/service.ts';
import type { UsageLine } from '../grammar/usage.ts';
import { usageLines } from '../grammar/usage.ts';
import type { RightsView } from '../rollouts/rights.ts';
import type { SlackDeps } from './deps.ts';
import { literal } from './render/escape.ts';
import type { Outcome } from './replies.ts';
import { told } from './replies.ts';

/** Services that are listed: a reply is read on a phone. */
const few = 10;

/** What this person may say, and where: by the service files and `access.yml` as they stand now. */
export const sayHelp = async ({ rollouts }: SlackDeps, actor: Actor): Promise<Outcome> => {
  const rights = await rollouts.rights(actor);
  const somewhere = new Set(rights.flatMap(({ may }) => may));
  const mine = usageLines.filter(({ needs }) => needs === null || somewhere.has(needs));
  const others = usageLines.filter((line) => !mine.includes(line) && line.usage !== '');
  return told(
    [
      '*What you may say*',
      ...mine.map(sayLine),
      ...(somewhere.has('override') ? [`Checks that can be overridden: ${checkNames.join(', ')}.`] : []),
      ...(others.length === 0 ? [] : [`*Not yours here*: ${others.map(({ says }) => says).join('; ')}.`]),
      ...placesLines(rights),
      ...unknownLines(actor),
    ].join('\n'),
  );
};

const sayLine = ({ command, usage, says }: UsageLine): string =>
  `\`${`${command} ${usage}`.trim()}\` ${says}`;

const placesLines = (rights: readonly RightsView[]): readonly string[] => {
  const services = [...new Set(rights.map(({ service }) => service))];
  if (services.length === 0) return ['There are no services yet.'];
  const more = services.length > few ? [`and ${String(services.length - few)} more`] : [];
  return [
    '*Where*',
    ...services.slice(0, few).map((service) => {
      const here = rights.filter((place) => place.service === service);
      return `• ${literal(service, 64)} ${sayPlaces(here)}`;
    }),
    ...more,
  ];
};

/** Environments in which the same is allowed stand together. */
const sayPlaces = (places: readonly RightsView[]): string => {
  const groups = Map.groupBy(places, ({ may }) => sayVerbs(may));
  return [...groups]
    .map(([may, same]) => `(${literal(same.map(({ environment }) => environment).join(', '), 200)}): ${may}`)
    .join('; ');
};

const sayVerbs = (may: readonly AccessVerb[]): string => (may.length === 0 ? 'look only' : may.join(', '));

/** Why it may be less than somebody expects, and what they can do about it. */
const unknownLines = ({ id, unsure }: Actor): readonly string[] => {
  if (unsure === true)
    return ['*access.yml can not be used now*: until it is mended you may look, and abort.'];
  const [, userId] = /^slack:([UW][A-Z0-9]+)$/.exec(id) ?? [];
  if (userId === undefined) return [];
  return [`You do not stand in access.yml. Whoever keeps it can add you: \`NAME: { slack: ${userId} }\`.`];
};
