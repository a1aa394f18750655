import type { Weights } from '../../../runbooks/runbook.ts';

/** HAProxy's largest weight of one server. */
const heaviest = 256;

/** A server that may have traffic. */
export type Candidate = { readonly server: string; readonly version: string };

/**
 * Weights of single servers that give each version exactly its percentage: what a version gets is spread over its
 * servers as evenly as whole numbers allow, in the largest multiple of 100 parts that no server's 256 limits. Versions
 * without a server that may have traffic are left out, and their share falls to the others.
 */
export const spread = (weights: Weights, candidates: readonly Candidate[]): ReadonlyMap<string, number> => {
  const found = new Map(candidates.map(({ server }) => [server, 0]));
  const shares = Object.entries(weights)
    .map(([version, percent]) => ({
      percent,
      servers: candidates.filter((candidate) => candidate.version === version).map(({ server }) => server),
    }))
    .filter(({ percent, servers }) => percent > 0 && servers.length > 0);
  const room = shares.map(({ percent, servers }) => Math.floor((heaviest * servers.length) / percent));
  // At least 1: a percentage is at most 100, and a server bears 256.
  const parts = Math.min(...room);
  for (const { percent, servers } of shares) {
    const total = percent * parts;
    const each = Math.floor(total / servers.length);
    servers.forEach((server, index) => {
      found.set(server, each + (index < total - each * servers.length ? 1 : 0));
    });
  }
  return found;
};

/** Percent per version of what HAProxy has, rounded to whole numbers; nothing where no server has any weight. */
export const shareOf = (
  servers: readonly { readonly version: string; readonly weight: number }[],
): Readonly<Record<string, number>> => {
  const all = servers.reduce((sum, { weight }) => sum + weight, 0);
  if (all === 0) return {};
  const sums = new Map<string, number>();
  for (const { version, weight } of servers) sums.set(version, (sums.get(version) ?? 0) + weight);
  return Object.fromEntries(
    [...sums].filter(([, sum]) => sum > 0).map(([version, sum]) => [version, Math.round((100 * sum) / all)]),
  );
};
