import { z } from 'zod';
import type { UnleashBlock } from '../../runbooks/flags.ts';
import type { Environment } from '../secrets.ts';
import { readSecret } from '../secrets.ts';
import { messageOf } from '../targets/practice/system-code.ts';
import { refusedFlag, unavailableFlags } from './flag-errors.ts';

const strategySchema = z.object({
  id: z.string(),
  name: z.string(),
  title: z.string().nullish(),
  disabled: z.boolean().nullish(),
  constraints: z.array(z.unknown()).default([]),
  segments: z.array(z.unknown()).default([]),
  parameters: z.record(z.string(), z.string()).default({}),
});
export type Strategy = z.output<typeof strategySchema>;

/** What Unleash's Admin API says of a flag in one environment. Source: its OpenAPI, `featureEnvironmentSchema`. */
const featureSchema = z.object({ enabled: z.boolean(), strategies: z.array(strategySchema).default([]) });
export type UnleashFeature = z.output<typeof featureSchema>;

export type UnleashApi = {
  /** `null`: there is no such flag. */
  feature(flag: string, signal?: AbortSignal): Promise<UnleashFeature | null>;
  call(
    method: 'POST' | 'PUT',
    flag: string,
    rest: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<void>;
};

const largest = 1024 * 1024;

/** Asks once; nothing is retried here, and a redirect is never followed with the token. */
export const unleashApi = (block: UnleashBlock, env: Environment): UnleashApi => {
  const ask = async (
    method: string,
    flag: string,
    rest: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ) => {
    const token = await readSecret(block.token, env, unavailableFlags);
    const place = [block.project, 'features', flag, 'environments', block.environment].map(
      encodeURIComponent,
    );
    const url = `${block.url.replace(/\/$/, '')}/api/admin/projects/${place.join('/')}${rest}`;
    const timeout = AbortSignal.timeout(block.timeout);
    try {
      const answer = await fetch(url, {
        method,
        redirect: 'manual',
        headers: { authorization: token, 'content-type': 'application/json', accept: 'application/json' },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: (await answer.text()).slice(0, largest) };
    } catch (error) {
      signal?.throwIfAborted();
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const why = timeout.aborted ? `no answer within ${String(block.timeout)} ms` : messageOf(cause);
      throw unavailableFlags({ message: `Unleash at ${block.url} can not be reached: ${why}.` }, error);
    }
  };
  return {
    async feature(flag, signal) {
      const { status, text } = await ask('GET', flag, '', undefined, signal);
      if (status === 404) return null;
      if (status !== 200) throw refusal(block, status, text);
      const parsed = featureSchema.safeParse(jsonOf(text));
      if (parsed.success) return parsed.data;
      const message = `Unleash at ${block.url} answers with something that is no flag.`;
      throw unavailableFlags({ message, hint: 'Is flags.unleash.url the address of Unleash itself?' });
    },
    async call(method, flag, rest, body, signal) {
      const { status, text } = await ask(method, flag, rest, body, signal);
      if (status < 200 || status > 299) throw refusal(block, status, text);
    },
  };
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is no flag: the schema says so.
    return undefined;
  }
};

const messageSchema = z.object({ message: z.string() });

/** 401 and 403 are the token's fault, other 4xx the request's; the rest may pass. */
const refusal = ({ url }: UnleashBlock, status: number, text: string): Error => {
  const said = messageSchema.safeParse(jsonOf(text)).data?.message.slice(0, 200) ?? '';
  const message = `Unleash at ${url} answers ${String(status)}${said === '' ? '' : `: ${said}`}.`;
  if (status === 401 || status === 403)
    return refusedFlag(message, 'flags.unleash.token must name an admin token that may write this project.');
  if (status >= 400 && status < 500 && status !== 408 && status !== 429)
    return refusedFlag(message, 'See the flag, its project and its environment in Unleash.');
  return unavailableFlags({ message });
};
