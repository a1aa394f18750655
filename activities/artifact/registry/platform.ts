import { fault } from '../fault.ts';
import type { Descriptor, Platform } from './manifest.ts';

/** `os/architecture[/variant]`. */
export const sayPlatform = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])].join('/');

/** A platform without a variant asks for none in particular. */
export const matches = (wanted: string, found: Platform): boolean => {
  const [os, architecture, variant] = wanted.split('/');
  return (
    found.os === os &&
    found.architecture === architecture &&
    (variant === undefined || (found.variant ?? '') === variant)
  );
};

export const wrongPlatform = (what: string, wanted: string, found: readonly string[]) =>
  fault('ARTIFACT_PLATFORM', {
    message: `${what} does not run on ${wanted}; it is made for ${found.length === 0 ? 'no platform that it names' : found.join(', ')}.`,
    hint: 'Build it for that platform, too, or correct artifact.platform.',
    details: { wanted, found },
  });

/** The image of an index for one platform. Attestations stand in an index as images for `unknown/unknown`. */
export const imageFor = (manifests: readonly Descriptor[], wanted: string, what: string): Descriptor => {
  const images = manifests.filter(({ platform }) => platform !== undefined && platform.os !== 'unknown');
  const match = images.find(({ platform }) => platform !== undefined && matches(wanted, platform));
  if (match !== undefined) return match;
  const found = images.flatMap(({ platform }) => (platform === undefined ? [] : [sayPlatform(platform)]));
  throw wrongPlatform(what, wanted, [...new Set(found)]);
};
