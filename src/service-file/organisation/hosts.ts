/** A host as the URL standard writes it, and the port that is asked. */
type Host = { readonly name: string; readonly port: string };

const standardPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** As the client that asks will understand it: numbers as addresses, capitals and international names written out. */
const hostOf = (address: string): Host | null => {
  if (!URL.canParse(address)) return null;
  const { hostname, port, protocol } = new URL(address);
  const name = hostname.replace(/\.$/, '');
  return name === '' ? null : { name, port: port === '' ? (standardPorts[protocol] ?? '') : port };
};

/** `prometheus.example.com`, one with its port, or `*.example.com`; `null`: no host can have that name. */
const entryOf = (
  entry: string,
): { readonly below: boolean; readonly name: string; readonly port: string | null } | null => {
  const below = entry.startsWith('*.');
  const bare = below ? entry.slice(2) : entry;
  const port = /:([0-9]{1,5})$/.exec(bare)?.[1] ?? null;
  const found = hostOf(`http://${bare}`);
  return found === null
    ? null
    : { below, name: found.name, port: port === null ? null : String(Number(port)) };
};

export const isHostEntry = (entry: string): boolean => entryOf(entry) !== null;

/**
 * Tells whether the host that an address leads to is on the list: compared as parsed, never by how the text begins. An
 * address that can not be parsed leads nowhere that is allowed.
 */
export const hostsAllowed = (list: readonly string[]): ((address: string) => boolean) => {
  const entries = list.flatMap((entry) => entryOf(entry) ?? []);
  return (address) => {
    const host = hostOf(address);
    if (host === null) return false;
    return entries.some(
      ({ below, name, port }) =>
        (port === null || port === host.port) &&
        (below ? host.name.endsWith(`.${name}`) : host.name === name),
    );
  };
};
