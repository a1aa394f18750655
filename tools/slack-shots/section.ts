import { stateTable } from '../../runbooks/state.ts';
import type { RolloutState } from '../../runbooks/state.ts';
import { commandsOffered } from '../../src/slack/render/buttons.ts';
import { sayState } from '../../src/story/words.ts';
import type { Shot } from './scenes.ts';

const begin = '<!-- states: written by npm run slack:shots -->';
const end = '<!-- /states -->';

/** Where a state's picture lies, seen from `docs/`. */
export const pictureOf = (state: RolloutState): string => `slack/${state}.png`;

/** The part of `docs/slack.md` that shows every state. */
export const sectionOf = (shots: readonly Shot[]): string => [begin, ...shots.map(entryOf), end].join('\n\n');

/** What the page says of one state, and its picture. */
export const entryOf = ({ state, message }: Shot): string => {
  const commands = commandsOffered(state);
  const takes =
    commands.length === 0 ? 'No button.' : `Buttons: ${commands.map((each) => `\`${each}\``).join(', ')}.`;
  return [
    `### ${sayState(state)}`,
    `\`${state}\`: ${stateTable[state].says}. ${takes}`,
    `![${alternative(message.text)}](${pictureOf(state)})`,
  ].join('\n\n');
};

/** What a screen reader says of the message; brackets would end it early. */
const alternative = (text: string): string => text.replaceAll(/[[\]\n]/g, ' ').trim();

/** The page with that part in the place of the one that stands there. @throws Error where none does */
export const withSection = (page: string, section: string): string => {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/slack.md has no place for its states: ${begin} … ${end}`);
  return page.slice(0, from) + section + page.slice(to + end.length);
};
