import type { KnownBlock } from '@slack/types';
import { pino } from 'pino';
import { SluiceError } from '../../../runbooks/errors.ts';
import type { RolloutState } from '../../../runbooks/state.ts';
import type { ServiceFile } from '../../../runbooks/service.ts';
import { slackHook } from '../../../src/slack/http.ts';
import type { ActorOf } from '../../../src/slack/deps.ts';
import { renderMessage } from '../../../src/slack/render/message.ts';
import { tell } from '../../../src/slack/story.ts';
import { startSlack } from '../../../src/slack/start.ts';
import type { StartAnswer } from '../../../src/rollouts/requests.ts';
import { Person, signingSecret } from '../../servers/slack/person.ts';
import { appToken, botToken, SlackServer } from '../../servers/slack/server.ts';
import { team } from '../../servers/slack/workspace.ts';
import type { User } from '../../servers/slack/workspace.ts';
import { makeService } from '../../runbooks/make.ts';
import { runbookTo } from '../api/story.ts';
import type { World } from '../api/world.ts';
import { listen, openWorld } from '../api/world.ts';

export type Call = { readonly call: string; readonly with: Readonly<Record<string, unknown>> };

/** A workspace with people in it, in front of the API on a real ledger; the façade is scripted and notes its calls. */
export type Desk = {
  readonly world: World;
  readonly slack: SlackServer;
  readonly calls: Call[];
  readonly ana: Person;
  person(changes: Partial<User> & Pick<User, 'id'>): Person;
  url: string;
  /** The blocks of a rollout's message as it stands. */
  messageOf(id: string): Promise<readonly KnownBlock[]>;
  /** As it was in the beginning: a façade that accepts, and a Slack that answers. */
  reset(): void;
  close(): Promise<void>;
};

export const services = (): readonly ServiceFile[] => {
  const shop = makeService();
  const [production] = Object.values(shop.environments);
  if (production === undefined) throw new Error('no environment');
  return [shop, { ...shop, service: 'till', environments: { staging: production, production } }];
};

export const accepted = {
  outcome: 'accepted',
  ...{ rolloutId: '0193589c-2d10-7c3a-9b1e-5f0d6a7b8c9d', repeated: false },
  prepared: {
    ok: true,
    runbook: runbookTo('2.1.0'),
    hash: 'a'.repeat(64),
    epoch: 1,
    warnings: ['the window is short'],
    keep: null,
  },
} as const satisfies StartAnswer;

export const said = (id: string, state: RolloutState = 'held') =>
  ({ outcome: 'done', rolloutId: id, effect: 'hold', state, started: null }) as const;

type Options = {
  readonly ackMs?: number;
  readonly by?: 'http' | 'socket';
  /** Default: everybody is known by id, and in one group. */
  readonly actorOf?: ActorOf;
};

const byId: ActorOf = ({ id }) => ({ id: `slack:${id}`, via: 'slack', groups: ['slack'] });

/** Far more than anything takes here: an answer that comes later than it should is another test's matter. */
const patientMs = 30_000;

export const openDesk = async ({
  ackMs = patientMs,
  by = 'http',
  actorOf = byId,
}: Options = {}): Promise<Desk> => {
  const socket = by === 'socket';
  const world = await openWorld();
  const slack = new SlackServer();
  slack.ackWithinMs = 2 * patientMs;
  slack.replying.triggerMs = 2 * patientMs;
  const settings = {
    url: await slack.start(),
    ...{ botToken: 'env:BOT', publicUrl: null, buttons: true },
    signingSecret: socket ? null : 'env:SIGNING',
    appToken: socket ? 'env:APP' : null,
    env: { BOT: botToken, SIGNING: signingSecret, APP: appToken },
  };
  const calls: Call[] = [];
  const note = (call: string, given: object): void => void calls.push({ call, with: { ...given } });
  const reset = (): void => {
    calls.length = 0;
    slack.weather = { is: 'up' };
    world.script.deploy = async (given) => {
      note('deploy', given);
      const file = services().find(({ service }) => service === given.service);
      if (file === undefined) throw new SluiceError({ code: 'SERVICE_UNKNOWN', message: 'There is none.' });
      if (given.environment === null && Object.keys(file.environments).length > 1)
        throw new SluiceError({ code: 'ENVIRONMENT_UNKNOWN', message: 'Which one?' });
      return accepted;
    };
    world.script.rollback = async (given) => {
      note('rollback', given);
      return accepted;
    };
    world.script.plan = async (given) => {
      note('plan', given);
      return accepted.prepared;
    };
    world.script.rights = async () =>
      services().flatMap(({ service, environments }) =>
        Object.keys(environments).map((environment) => ({
          service,
          environment,
          may: ['deploy', 'abort'],
          approves: false,
        })),
      );
    world.script.say = async (given) => {
      note('say', given);
      return said(given.id);
    };
  };
  reset();
  const running = startSlack({
    ...{
      settings,
      ledger: world.ledger,
      rollouts: world.deps.rollouts,
      clock: () => slack.clock(),
      ackMs,
      againMs: 100,
    },
    services: async () => services(),
    actorOf,
    log: pino({ level: 'debug' }, { write: (line: string) => void world.log.push(line) }),
  });
  const url = `${await listen(world.api({ slack: running.hook }))}${slackHook}`;
  const person = (changes: Partial<User> & Pick<User, 'id'>): Person =>
    new Person(slack, () => url, { team, name: 'ana', email: 'ana@example.com', ...changes });
  const messageOf: Desk['messageOf'] = async (id) => {
    const { model, asOf } = await tell(world.ledger, id, []);
    return renderMessage(model, { now: Date.now(), publicUrl: null, buttons: true, asOf }).blocks;
  };
  return {
    ...{ world, slack, calls, person, url, reset, messageOf },
    ana: person({ id: 'U0ANA0001' }),
    close: async () => {
      await running.stop();
      await world.close();
      await slack.stop();
    },
  };
};
