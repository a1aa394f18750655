import type { Button, KnownBlock } from '@slack/types';
import { mrkdwn } from './mrkdwn.ts';
import type { Shot } from './scenes.ts';
import { style } from './style.ts';

/** The message as a page of its own, near enough to what Slack makes of it that people know it. Pure. */
export const pageOf = ({ message, now }: Shot): string =>
  `<!doctype html>
<meta charset="utf-8">
<title>Sluice in Slack</title>
<style>${style}</style>
<main>
<div class="avatar">≋</div>
<div class="body">
<div class="head"><b>Sluice</b> <span class="app">APP</span> <time>${new Date(now).toISOString().slice(11, 16)}</time></div>
${message.blocks.map((block) => blockOf(block, now)).join('\n')}
</div>
</main>
`;

const blockOf = (block: KnownBlock, now: number): string => {
  if (block.type === 'section' && block.text !== undefined)
    return `<div class="section">${mrkdwn(block.text.text, now)}</div>`;
  if (block.type === 'context') {
    const texts = block.elements.map((each) =>
      'text' in each ? mrkdwn(each.text, now) : unknown(each.type),
    );
    return `<div class="context">${texts.join(' ')}</div>`;
  }
  if (block.type === 'actions') {
    const buttons = block.elements.map((each) =>
      each.type === 'button' ? buttonOf(each) : unknown(each.type),
    );
    return `<div class="actions">${buttons.join('')}</div>`;
  }
  return unknown(block.type);
};

const buttonOf = ({ text, style: look }: Button): string =>
  `<span class="button ${look ?? ''}">${escape(text.text)}</span>`;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A message that uses more of Block Kit than this page can show would be shown wrongly. */
const unknown = (type: string): never => {
  throw new Error(`tools/slack-shots/html.ts can not show "${type}": teach it.`);
};
