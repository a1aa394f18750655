import { z } from 'zod';
import { SluiceError } from '../../runbooks/errors.ts';
import type { Environment } from '../home.ts';

const withinMs = 10_000;
const answer = z.object({ value: z.string().min(1) });

/**
 * The ID token of the job that this runs in: SLUICE_OIDC_TOKEN, as GitLab and others hand it over, else the one that
 * GitHub's runner makes when asked. @throws SluiceError USAGE, CLIENT_OFFLINE
 */
export const ciToken = async (env: Environment, audience: string): Promise<string> => {
  const given = env['SLUICE_OIDC_TOKEN']?.trim() ?? '';
  if (given !== '') return given;
  const [url, token] = [env['ACTIONS_ID_TOKEN_REQUEST_URL'], env['ACTIONS_ID_TOKEN_REQUEST_TOKEN']];
  if (url !== undefined && token !== undefined && URL.canParse(url)) return fromGitHub(url, token, audience);
  throw new SluiceError({
    code: 'USAGE',
    message: 'There is no ID token of a CI here.',
    hint: 'GitHub: give the job "permissions: id-token: write". Others: put the token into SLUICE_OIDC_TOKEN.',
  });
};

const fromGitHub = async (url: string, token: string, audience: string): Promise<string> => {
  const asked = new URL(url);
  asked.searchParams.set('audience', audience);
  try {
    const response = await fetch(asked, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      signal: AbortSignal.timeout(withinMs),
      redirect: 'error',
    });
    if (!response.ok) throw new Error(`it answered with ${String(response.status)}`);
    return answer.parse(await response.json()).value;
  } catch (error) {
    throw new SluiceError(
      {
        code: 'CLIENT_OFFLINE',
        message: `The runner makes no ID token: ${error instanceof Error ? error.message.slice(0, 200) : String(error)}.`,
        hint: 'Run the job again; its permissions must have "id-token: write".',
      },
      { cause: error },
    );
  }
};
