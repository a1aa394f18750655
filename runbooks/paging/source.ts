import { canonicalJson } from '../runbook.ts';

/**
 * What makes two metrics sources the same one: kind and address, without who asks and how. The practice service's
 * counters have no address: one plane serves all of them.
 */
export const sourceAddress = (source: Readonly<Record<string, unknown>>): string => {
  const [kind = 'metrics'] = Object.keys(source);
  const settings = source[kind];
  const url: unknown =
    typeof settings === 'object' && settings !== null && 'url' in settings ? settings.url : undefined;
  if (typeof url === 'string') return `${kind} ${url}`;
  const rest = canonicalJson(settings);
  return rest === '{}' || rest === 'null' ? kind : `${kind} ${rest}`;
};
