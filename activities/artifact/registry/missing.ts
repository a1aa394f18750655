import { z } from 'zod';
import type { SluiceError } from '../../../runbooks/errors.ts';
import { fault } from '../fault.ts';
import type { RegistrySession } from './session.ts';

const tagsBody = z.object({ tags: z.array(z.string()).nullable().optional() });

const byName = new Intl.Collator('en', { numeric: true });
const shown = 10;

/** What is not there, and what is instead: the newest tags by name. */
export const missing = async (
  {
    session,
    name,
    image,
  }: { readonly session: RegistrySession; readonly name: string; readonly image: string },
  reference: string,
  isDigest: boolean,
  signal: AbortSignal | undefined,
): Promise<SluiceError> => {
  if (isDigest) {
    return fault('ARTIFACT_NOT_FOUND', {
      message: `${image}@${reference.slice(0, 19)}… can not be fetched any more: the registry has no such digest.`,
      hint: 'Push that image again, from the same build; and keep what may have to be returned to.',
      details: { digest: reference },
    });
  }
  const answer = await session.ask({ path: `/v2/${name}/tags/list?n=1000`, signal });
  const tags = answer.status === 200 ? tagsOf(answer.body) : [];
  const newest = [...tags].sort(byName.compare).slice(-shown).reverse();
  const more = tags.length > shown ? ` and ${String(tags.length - shown)} more` : '';
  const holds = newest.length === 0 ? 'no tag' : newest.join(', ') + more;
  return fault('ARTIFACT_NOT_FOUND', {
    message:
      answer.status === 404
        ? `The registry ${session.host} has no repository ${name}.`
        : `There is no tag ${reference} in ${image}; it holds ${holds}.`,
    hint:
      answer.status === 404
        ? 'Check artifact.image; some registries say so, too, of what one may not see.'
        : 'Deploy one of those versions, or push that tag.',
    details: { found: newest },
  });
};

const tagsOf = (body: Buffer): readonly string[] => {
  try {
    return tagsBody.safeParse(JSON.parse(body.toString('utf8'))).data?.tags ?? [];
  } catch (error) {
    // The tag is missing all the same; a list that can't be read only makes the message shorter.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
};
