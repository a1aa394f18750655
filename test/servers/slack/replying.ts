import { randomBytes } from 'node:crypto';
import { judgeMessage } from './blocks.ts';

/** What somebody was told through the `response_url` of what they did. */
export type Replied = {
  readonly text: string;
  readonly blocks: readonly unknown[];
  readonly ephemeral: boolean;
};

const uses = 5;
const spent = Number.NEGATIVE_INFINITY;
const lastsMs = 30 * 60_000;
const fields = ['text', 'blocks', 'response_type', 'replace_original', 'delete_original', 'thread_ts'];

type Url = { readonly at: number; readonly replies: Replied[]; used: number };

/** `response_url`s and `trigger_id`s as Slack gives them out: each for a while, and not for everything. */
export class Replying {
  triggerMs = 3_000;
  readonly #urls = new Map<string, Url>();
  readonly #triggers = new Map<string, number>();

  /** The last part of a new address. */
  url(now: number): string {
    const id = randomBytes(9).toString('hex');
    this.#urls.set(id, { at: now, replies: [], used: 0 });
    return id;
  }

  trigger(now: number): string {
    const id = `${String(now)}.${randomBytes(6).toString('hex')}.${randomBytes(16).toString('hex')}`;
    this.#triggers.set(id, now);
    return id;
  }

  said(id: string): readonly Replied[] {
    return this.#urls.get(id)?.replies ?? [];
  }

  /** Opens one view, once. `null`: it may. */
  spend(trigger: string, now: number): string | null {
    const at = this.#triggers.get(trigger);
    if (at === undefined) return 'invalid_trigger_id';
    if (at === spent) return 'exchanged_trigger_id';
    if (now - at > this.triggerMs) return 'expired_trigger_id';
    this.#triggers.set(trigger, spent);
    return null;
  }

  /** `null`: taken. */
  take(id: string, body: string, now: number): string | null {
    const url = this.#urls.get(id);
    if (url === undefined) return 'no such response_url';
    url.used += 1;
    if (url.used > uses) return 'a response_url is used more than five times';
    if (now - url.at > lastsMs) return 'a response_url is used after 30 minutes';
    const given = JSON.parse(body) as Readonly<Record<string, unknown>>;
    const strange = Object.keys(given).find((name) => !fields.includes(name));
    if (strange !== undefined) return `a reply has no field ${strange}`;
    const { text, blocks, response_type } = given;
    const wrong = judgeMessage(typeof text === 'string' ? text : undefined, blocks);
    if (wrong !== null) return wrong;
    url.replies.push({
      text: String(text),
      blocks: (blocks ?? []) as readonly unknown[],
      ephemeral: response_type !== 'in_channel',
    });
    return null;
  }
}
