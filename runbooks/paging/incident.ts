/** PagerDuty's limit for a `dedup_key`, in characters. */
export const longestIncident = 255;

/** The one incident of a rollout: a trigger that is sent again never makes a second one. */
export const rolloutIncident = (place: {
  readonly service: string;
  readonly environment: string;
  readonly rolloutId: string;
}): string => `sluice/${place.environment}/${place.service}/${place.rolloutId}`;

/** The one incident of a silent metrics source, however many rollouts wait for it. `hash`: of its address. */
export const sourceIncident = (hash: string): string => `sluice/source/${hash}`;

/** A drill's pages go by a key of their own and can be told from real ones. */
export const drillIncident = (incident: string): string => `drill/${incident}`;

/** What the key of an incident stands for; `null`: it is not one of Sluice's. */
export const readIncident = (
  incident: string,
): { readonly of: 'rollout'; readonly rolloutId: string } | { readonly of: 'source' } | null => {
  const [, own] = /^(?:drill\/)?(sluice\/.+)$/.exec(incident) ?? [];
  if (own === undefined) return null;
  if (/^sluice\/source\/[0-9a-f]+$/.test(own)) return { of: 'source' };
  const [, rolloutId] = /^sluice\/[a-z0-9-]+\/[a-z0-9-]+\/([^/]+)$/.exec(own) ?? [];
  return rolloutId === undefined ? null : { of: 'rollout', rolloutId };
};
