/** What a registry asks for in `WWW-Authenticate` (RFC 9110, 11.6.1). Schemes other than these are skipped. */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer';
      readonly realm: string;
      readonly service: string | null;
      readonly scope: string | null;
    };

const challengePattern = /(?:^|,)\s*(basic|bearer)(?=\s|$|,)/gi;
const parameterPattern = /([a-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;

const parametersOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(parameterPattern)].map(([, key = '', quoted, plain]) => [
      key.toLowerCase(),
      quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'),
    ]),
  );

/** All challenges of the header that Sluice can meet, in their order. */
export const parseChallenges = (header: string): readonly Challenge[] => {
  const found = [...header.matchAll(challengePattern)];
  return found.flatMap((match, i): readonly Challenge[] => {
    if (match[1]?.toLowerCase() === 'basic') return [{ scheme: 'basic' }];
    const begin = match.index + match[0].length;
    const parameters = parametersOf(header.slice(begin, found[i + 1]?.index));
    const realm = parameters.get('realm');
    if (realm === undefined) return [];
    return [
      {
        scheme: 'bearer',
        realm,
        service: parameters.get('service') ?? null,
        scope: parameters.get('scope') ?? null,
      },
    ];
  });
};
