import { readDaemonFile } from '../../src/home.ts';
import { slackHook } from '../../src/slack/http.ts';
import type { Sent } from '../servers/slack/person.ts';
import { Person, signingSecret } from '../servers/slack/person.ts';
import { botToken, SlackServer } from '../servers/slack/server.ts';
import type { Kept } from '../servers/slack/workspace.ts';
import { channelId, team } from '../servers/slack/workspace.ts';
import { until } from './until.ts';

/** A workspace beside a daemon: what its people see, type and click. */
export class Office {
  /** For the `slack` block of a service. */
  static readonly channel = `{ channel: ${channelId} }`;
  readonly server: SlackServer;
  readonly #url: string;

  private constructor(server: SlackServer, url: string) {
    this.server = server;
    this.#url = url;
  }

  static async open(): Promise<Office> {
    const server = new SlackServer();
    return new Office(server, await server.start());
  }

  /** @throws where the daemon broke a rule of Slack's */
  async close(): Promise<void> {
    await this.server.stop();
  }

  /** What a daemon is told of it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      SLUICE_SLACK_URL: this.#url,
      SLUICE_SLACK_BOT_TOKEN: 'env:SLACK_TEST',
      SLUICE_SLACK_SIGNING_SECRET: 'env:SLACK_SIGNING',
      SLACK_TEST: botToken,
      SLACK_SIGNING: signingSecret,
    };
  }

  /** Somebody who types and clicks to the daemon of that data folder. */
  person(home: string, id: string, name: string): Person {
    const app = (): string => `${readDaemonFile(home)?.url ?? ''}${slackHook}`;
    return new Person(this.server, app, { id, name, team, email: `${name}@example.com` });
  }

  /** The messages of a service's rollouts, oldest first. */
  roots(service: string): readonly Kept[] {
    return this.server.workspace.roots.filter(({ text }) => text.startsWith(`${service} `));
  }

  readonly seen = (): string => JSON.stringify([this.server.workspace.messages, this.server.violations]);

  /** The service's only message, once its words say that state. */
  says(service: string, state: string): Promise<Kept> {
    const said = `: ${state}.`;
    return until(
      `the message says ${state}`,
      () => this.roots(service).find(({ text }) => text.includes(said)),
      { seen: this.seen },
    );
  }

  /** The lines below the message, once `is` holds of them. */
  thread(message: Kept, what: string, is: (lines: readonly Kept[]) => boolean): Promise<readonly Kept[]> {
    const look = (): readonly Kept[] | false => {
      const lines = this.server.workspace.thread(message.ts);
      return is(lines) && lines;
    };
    return until(what, look, { seen: this.seen });
  }
}

/** Everything that its author was told about one command or click, so far. */
export const answers = (sent: Sent): readonly string[] =>
  [sent.text, ...sent.replies().map(({ text }) => text)].filter((text) => text !== '');

/** The answer that begins so, once it is there. */
export const answered = (sent: Sent, beginning: string): Promise<string> =>
  until(`the answer is there: ${beginning}`, () => answers(sent).find((text) => text.startsWith(beginning)), {
    seen: () => JSON.stringify(answers(sent)),
  });
