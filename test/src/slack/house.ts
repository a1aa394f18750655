import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { actorOfSlack } from '../../../src/access/identify.ts';
import { accessIn } from '../../../src/access/source.ts';
import { lock, unlock } from '../../../src/rollouts/locks.ts';
import { rights } from '../../../src/rollouts/rights.ts';
import type { Desk } from './desk.ts';
import { openDesk } from './desk.ts';

const environment = 'target: { practice: {} }, strategy: { canary: {} }, gates: { errors: { max: 1% } }';

const serviceFile = (
  service: string,
  environments: readonly string[],
  more = '',
): string => `apiVersion: sluice/v1
service: ${service}
owners: [team-shop]
artifact: { manifests: ./releases }
environments:
${environments.map((name) => `  ${name}: { ${environment}${more} }`).join('\n')}
access: { deploy: [team] }
`;

/** Ana may hold in production of the till, Bo everywhere; Cy is nobody, and Slack knows all of them. */
const accessFile = `apiVersion: sluice/v1
people: { ana: { slack: U0ANA0001 }, bo: { email: bo@example.com } }
groups: { team: [ana, bo], on-call: [bo], night: [ana] }
grants:
  - { to: [on-call], may: [hold, override] }
  - { to: [night], may: [hold], services: [till], environments: [production] }
`;

/** A desk whose locks and rights are the façade's own, over service files and an access file. */
export type House = { readonly desk: Desk; reset(): void; close(): Promise<void> };

export const openHouse = async (): Promise<House> => {
  const services = await mkdtemp(path.join(tmpdir(), 'sluice-house-'));
  await writeFile(
    path.join(services, 'shop.yml'),
    serviceFile('shop', ['production'], ', approval: { by: [on-call] }'),
  );
  await writeFile(path.join(services, 'till.yml'), serviceFile('till', ['staging', 'production']));
  await writeFile(path.join(services, 'access.yml'), accessFile);
  const silent = pino({ level: 'silent' });
  const access = accessIn(services, silent);
  const desk = await openDesk({ actorOf: async (member) => actorOfSlack(await access.look(), member) });
  const { world } = desk;
  const log = pino({ level: 'debug' }, { write: (line: string) => void world.log.push(line) });
  const deps = { services, access, ledger: world.ledger, log };
  const reset = (): void => {
    desk.reset();
    world.script.lock = async (request) => {
      desk.calls.push({ call: 'lock', with: { ...request } });
      return lock(deps, request);
    };
    world.script.unlock = async (request) => {
      desk.calls.push({ call: 'unlock', with: { ...request } });
      return unlock(deps, request);
    };
    world.script.rights = (actor) => rights(deps, actor);
  };
  reset();
  return {
    ...{ desk, reset },
    close: async () => {
      await desk.close();
      await rm(services, { recursive: true, force: true });
    },
  };
};
