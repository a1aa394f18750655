import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { z } from 'zod';
import { startSlack } from '../../src/slack/start.ts';
import { slackHook } from '../../src/slack/http.ts';
import { listen, openWorld } from '../../test/src/api/world.ts';
import { signingSecret } from '../../test/servers/slack/person.ts';
import { botToken } from '../../test/servers/slack/server.ts';
import { accepted, services } from '../../test/src/slack/desk.ts';

// Sluice's side of the bench of slash commands, in a process of its own: Bolt's receiver, the handlers and a real ledger.
// Slack and its people are the parent; the façade takes as long as the parent says.

const [slackUrl, ackMs] = z.tuple([z.url(), z.coerce.number()]).parse(process.argv.slice(2));

const world = await openWorld();
let temporalMs = 0;
world.script.deploy = async () => {
  await delay(temporalMs);
  return accepted;
};
const running = startSlack({
  settings: {
    ...{ url: slackUrl, botToken: 'env:BOT', signingSecret: 'env:SIGNING', appToken: null },
    ...{ publicUrl: null, buttons: true, env: { BOT: botToken, SIGNING: signingSecret } },
  },
  ...{ ledger: world.ledger, rollouts: world.deps.rollouts, clock: Date.now, ackMs },
  services: async () => services(),
  actorOf: ({ id }) => ({ id: `slack:${id}`, via: 'slack', groups: ['slack'] }),
  // What is still to be settled at the end would be for the next process to settle.
  log: pino({ level: 'fatal' }),
});
const url = `${await listen(world.api({ slack: running.hook }))}${slackHook}`;

process.on('message', (ms) => {
  temporalMs = z.number().parse(ms);
  process.send?.({ url });
});
process.on('disconnect', () => {
  void running.stop().then(() => world.close());
});
process.send?.({ url });
