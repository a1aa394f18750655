import { SluiceError } from '../../runbooks/errors.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import type { Check } from '../api/health.ts';
import { readSecret } from '../secret.ts';
import type { Paging } from './paging.ts';

const withinMs = 3_000;
/** "The 32 character Integration Key". */
const keyForm = /^[0-9A-Za-z]{32}$/;

/**
 * What can be told about paging without waking anybody: whether the address answers, and for each environment whether
 * its key is there and has a key's form. Whether PagerDuty knows the key, only an event tells. Nothing is looked at
 * where nobody is paged.
 */
export const pagerChecks = async (
  paging: Paging,
  services: readonly ServiceFile[],
): Promise<readonly Check[]> => {
  const blocks = services.flatMap(({ service, environments }) =>
    Object.entries(environments).flatMap(([environment, { page }]) =>
      page === undefined ? [] : [{ name: `pages of ${service} (${environment})`, page }],
    ),
  );
  if (blocks.length === 0) return [];
  return Promise.all([
    addressCheck(paging),
    ...blocks.map(({ name, page }) => keyCheck(paging, name, page.pagerduty.routingKey)),
  ]);
};

/** Any answer will do: nothing is sent that somebody would see. */
const addressCheck = async ({ url }: Paging): Promise<Check> => {
  const name = 'PagerDuty';
  try {
    const { status } = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(withinMs),
    });
    if (status < 500) return { name, ok: true, says: `${url} answers`, mend: null };
    return {
      ...{ name, ok: false, says: `${url} answers ${String(status)}` },
      mend: 'Pages wait until it is well again: status.pagerduty.com.',
    };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return {
      ...{ name, ok: false, says: `${url} does not answer: ${String(cause)}` },
      mend: 'Correct SLUICE_PAGERDUTY_URL, or let the daemon reach it; pages wait meanwhile.',
    };
  }
};

const keyCheck = async ({ env }: Paging, name: string, ref: string): Promise<Check> => {
  try {
    const key = await readSecret(ref, env, 'PAGER_UNAVAILABLE');
    if (keyForm.test(key)) {
      const says = `the key ${ref} is there and has the form of one; whether PagerDuty knows it, the next rollout tells`;
      return { name, ok: true, says, mend: null };
    }
    return {
      ...{ name, ok: false, says: `the key ${ref} has not the form of one (32 letters and digits)` },
      mend: 'Copy the integration key of an Events API v2 integration of the service in PagerDuty.',
    };
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return { name, ok: false, says: error.message, mend: error.hint ?? null };
  }
};
