import { createHmac } from 'node:crypto';
import { judgeMessage, judgeView } from './blocks.ts';
import type { Replied } from './replying.ts';
import type { SlackServer } from './server.ts';
import type { View } from './views.ts';
import type { User } from './workspace.ts';
import { channelId, team } from './workspace.ts';

export const signingSecret = '8f742231b10e8888abcd99eeeddd85a5';

/** How a request is sent otherwise than by Slack itself. */
export type Forged = {
  readonly secret?: string;
  /** Seconds from now. */
  readonly off?: number;
  readonly headers?: Readonly<Record<string, string>>;
};

export type Sent = {
  readonly status: number;
  /** The answer to the request: what the person sees first; empty where nothing is shown. */
  readonly ack: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly ms: number;
  /** What came through the `response_url`, so far. */
  replies(): readonly Replied[];
};

type Request = { readonly body: string; readonly url: string };
type Button = { readonly action_id: string; readonly value?: string; readonly type: string };

/** Somebody at their desk: what they type and click is sent to the app as Slack sends it. */
export class Person {
  readonly #server: SlackServer;
  readonly #app: () => string;
  readonly user: User;

  /** `app`: address that the app's manifest names. */
  constructor(server: SlackServer, app: () => string, user: User) {
    this.#server = server;
    this.#app = app;
    this.user = user;
    server.workspace.users.set(user.id, user);
  }

  command(command: string, text: string, changes: Readonly<Record<string, string>> = {}): Request {
    const url = this.#server.replying.url(this.#server.clock());
    const form = {
      ...{ token: 'deprecated', team_id: team, team_domain: 'test', channel_id: channelId },
      ...{ channel_name: 'deploys', user_id: this.user.id, user_name: this.user.name, command, text },
      ...{ api_app_id: 'A0SLUICE1', is_enterprise_install: 'false' },
      response_url: `${this.#server.origin}/commands/${url}`,
      trigger_id: this.#server.replying.trigger(this.#server.clock()),
      ...changes,
    };
    return { url, body: new URLSearchParams(form).toString() };
  }

  /** A click on a button that the message really has. */
  click(
    blocks: readonly unknown[],
    action: string,
    changes: Readonly<Record<string, unknown>> = {},
  ): Request {
    const found = buttonsIn(blocks).find(({ action_id }) => action_id === action);
    if (found === undefined)
      throw new Error(
        `No button ${action}, only ${JSON.stringify(buttonsIn(blocks).map((each) => each.action_id))}`,
      );
    const url = this.#server.replying.url(this.#server.clock());
    return this.#interaction(url, {
      type: 'block_actions',
      actions: [{ ...found, block_id: 'b1', action_ts: '1760000000.000001' }],
      container: { type: 'message', message_ts: '1760000000.000001', channel_id: channelId },
      channel: { id: channelId, name: 'deploys' },
      response_url: `${this.#server.origin}/actions/${url}`,
      ...changes,
    });
  }

  submit(view: View, values: Readonly<Record<string, string>>): Request {
    const blocks = view.view['blocks'] as readonly {
      block_id: string;
      element: { type: string; action_id: string };
    }[];
    const state = Object.fromEntries(
      blocks.map(({ block_id, element }) => {
        const { type, action_id } = element;
        return [block_id, { [action_id]: filledIn(type, values[block_id] ?? null) }];
      }),
    );
    return this.#interaction('', {
      type: 'view_submission',
      view: { ...view.view, id: view.id, hash: view.hash, state: { values: state } },
    });
  }

  #interaction(url: string, payload: Readonly<Record<string, unknown>>): Request {
    const whole = {
      user: { id: this.user.id, username: this.user.name, team_id: this.user.team },
      team: { id: team, domain: 'test' },
      ...{ token: 'deprecated', api_app_id: 'A0SLUICE1', is_enterprise_install: false },
      trigger_id: this.#server.replying.trigger(this.#server.clock()),
      ...payload,
    };
    return { url, body: new URLSearchParams({ payload: JSON.stringify(whole) }).toString() };
  }

  /** Signed and sent; the same request again is Slack's retry, or somebody's replay. */
  async send({ body, url }: Request, forged: Forged = {}): Promise<Sent> {
    const timestamp = String(Math.floor(this.#server.clock() / 1000) + (forged.off ?? 0));
    const signature = createHmac('sha256', forged.secret ?? signingSecret)
      .update(`v0:${timestamp}:${body}`)
      .digest('hex');
    const begun = Date.now();
    const response = await fetch(this.#app(), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
        'x-slack-request-timestamp': timestamp,
        'x-slack-signature': `v0=${signature}`,
        ...forged.headers,
      },
      body,
    });
    const said = await response.text();
    const ms = Date.now() - begun;
    const ack = response.ok ? this.#judgeAck(said, ms, new URLSearchParams(body)) : {};
    const text = typeof ack['text'] === 'string' ? ack['text'] : response.ok ? '' : said;
    return { status: response.status, ack, text, ms, replies: () => this.#server.replying.said(url) };
  }

  /** The same through the app's socket: not signed, the socket is the proof. */
  async sendBySocket({ body, url }: Request): Promise<Sent> {
    const form = new URLSearchParams(body);
    const payload = form.get('payload');
    const { said, ms } =
      payload === null
        ? await this.#server.sockets.deliver('slash_commands', Object.fromEntries(form))
        : await this.#server.sockets.deliver('interactive', JSON.parse(payload));
    const empty = Object.keys(said).length === 0;
    const ack = this.#judgeAck(empty ? '' : JSON.stringify(said), ms, form);
    const text = typeof ack['text'] === 'string' ? ack['text'] : '';
    return { status: 200, ack, text, ms, replies: () => this.#server.replying.said(url) };
  }

  type(command: string, text: string): Promise<Sent> {
    return this.send(this.command(command, text));
  }

  /** What Slack shows of the answer; what it would not take is a violation. */
  #judgeAck(said: string, ms: number, sent: URLSearchParams): Readonly<Record<string, unknown>> {
    if (ms > this.#server.ackWithinMs) this.#server.violations.push(`answered after ${String(ms)} ms`);
    if (said === '') return {};
    const ack = JSON.parse(said) as Readonly<Record<string, unknown>>;
    const payload = sent.get('payload');
    const type =
      payload === null ? 'command' : String((JSON.parse(payload) as Record<string, unknown>)['type']);
    const wrong =
      type === 'command'
        ? judgeMessage(ack['text'] as string, ack['blocks'])
        : type === 'view_submission'
          ? judgeAnswer(ack)
          : 'the answer to a click is shown to nobody';
    if (wrong !== null) this.#server.violations.push(`${type}: ${wrong}`);
    return ack;
  }
}

const chosen = (value: string) => ({ text: { type: 'plain_text', text: value }, value });

/** An element's state as Slack sends it; several choices are written with commas. */
const filledIn = (type: string, value: string | null): Readonly<Record<string, unknown>> => {
  switch (type) {
    case 'static_select':
      return { type, selected_option: value === null ? null : chosen(value) };
    case 'multi_static_select':
      return { type, selected_options: value === null ? [] : value.split(',').map(chosen) };
    default:
      return { type, value };
  }
};

const judgeAnswer = (ack: Readonly<Record<string, unknown>>): string | null => {
  if (ack['response_action'] === 'errors') return null;
  return ack['response_action'] === 'update' ? judgeView(ack['view']) : 'no such response_action';
};

/** Every button of a message, in order. */
export const buttonsIn = (blocks: readonly unknown[]): readonly Button[] =>
  blocks.flatMap((block) => {
    const { elements = [] } = block as { readonly elements?: readonly Button[] };
    return elements.filter(({ type }) => type === 'button');
  });
