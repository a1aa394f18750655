import type { z } from 'zod';

type Environments = Readonly<Record<string, { readonly after?: string | undefined }>>;

/** `after` names another environment of the file, and the order ends somewhere. */
export const refuseWrongOrder = (
  { environments }: { readonly environments: Environments },
  context: z.RefinementCtx,
): void => {
  for (const [name, { after }] of Object.entries(environments)) {
    if (after === undefined) continue;
    const path = ['environments', name, 'after'];
    if (!Object.hasOwn(environments, after)) {
      const there = Object.keys(environments).filter((other) => other !== name);
      const message = `names no environment of this file (there are: ${there.join(', ') || 'no others'})`;
      context.addIssue({ code: 'custom', path, message });
    } else if (comesBeforeItself(environments, name)) {
      const message = 'leads back to this environment: nothing could ever be deployed here';
      context.addIssue({ code: 'custom', path, message });
    }
  }
};

const comesBeforeItself = (environments: Environments, name: string): boolean => {
  const seen = new Set<string>();
  for (let at = environments[name]?.after; at !== undefined && !seen.has(at); at = environments[at]?.after) {
    if (at === name) return true;
    seen.add(at);
  }
  return false;
};
