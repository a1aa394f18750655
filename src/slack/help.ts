import type { Actor } from '../../runbooks/access.ts';
import { checkNames } from '../../runbooks/checks/check.ts';
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
export const sayHelp = async (
  { rollouts }: SlackDeps,
  actor: Actor,
  what: string | null,
): Promise<Outcome> => {
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
      ...placesLines(rights, what),
      ...unknownLines(actor),
    ].join('\n'),
  );
};

const sayLine = ({ command, usage, says }: UsageLine): string =>
  `\`${`${command} ${usage}`.trim()}\` ${says}`;

/** One service where it was asked for; otherwise those first in which there is most to say. */
const placesLines = (rights: readonly RightsView[], what: string | null): readonly string[] => {
  const asked = rights.filter(({ service }) => service === what);
  const shown = asked.length > 0 ? asked : rights;
  const services = [...Map.groupBy(shown, ({ service }) => service)].sort(
    ([, one], [, other]) => mostIn(other) - mostIn(one),
  );
  if (services.length === 0) return ['There are no services yet.'];
  const left = services.length - few;
  return [
    '*Where*',
    ...services.slice(0, few).map(([service, places]) => `• ${literal(service, 64)} ${sayPlaces(places)}`),
    ...(left > 0 ? [`and ${String(left)} more: \`/deploy help SERVICE\` says it of one`] : []),
  ];
};

const mostIn = (places: readonly RightsView[]): number =>
  Math.max(...places.map(({ may, approves }) => may.length + (approves ? 1 : 0)));

/** Environments in which the same is allowed stand together. */
const sayPlaces = (places: readonly RightsView[]): string =>
  [...Map.groupBy(places, sayRights)]
    .map(([may, same]) => `(${literal(same.map(({ environment }) => environment).join(', '), 200)}): ${may}`)
    .join('; ');

const sayRights = ({ may, approves }: RightsView): string =>
  [...(may.length === 0 && !approves ? ['look only'] : may), ...(approves ? ['approve'] : [])].join(', ');

/** Why it may be less than somebody expects, and what they can do about it. */
const unknownLines = ({ id, unsure }: Actor): readonly string[] => {
  if (unsure === true)
    return ['*access.yml can not be used now*: until it is mended you may look, and abort.'];
  const [, userId] = /^slack:([UW][A-Z0-9]+)$/.exec(id) ?? [];
  if (userId === undefined) return [];
  return [`You do not stand in access.yml. Whoever keeps it can add you: \`NAME: { slack: ${userId} }\`.`];
};
