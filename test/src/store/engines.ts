import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import type { Kysely } from 'kysely';
import type { Ledger } from '../../../src/store/ledger.ts';
import { migrate, openLedger } from '../../../src/store/open.ts';
import { closePglite, openPglite } from '../../../src/store/pglite.ts';
import { openPostgres } from '../../../src/store/postgres.ts';
import type { Database } from '../../../src/store/schema.ts';
import { describePart } from '../../servers/describe-part.ts';
import { layLedger } from '../../servers/ledger-template.ts';
import { findPostgres, noPostgres, startPostgres } from '../../servers/postgres.ts';
import type { PostgresServer } from '../../servers/postgres.ts';

/** One ledger of one test. */
export type Place = {
  /** On PGlite once at a time, on PostgreSQL as often as one likes. */
  readonly open: (onWarning?: (sentence: string, cause: unknown) => void) => Promise<Ledger>;
  /** The database behind the ledger's back, as its superuser; on PGlite only while no ledger is open. */
  readonly behind: (work: (db: Kysely<Database>) => Promise<void>) => Promise<void>;
};

export type EngineTests = {
  /** An empty ledger of the test's own; what is opened there is closed after the test. */
  readonly place: () => Promise<Place>;
  /** The ledger that the tests of an engine share: each writes under rollouts and services of its own. */
  readonly ledger: () => Promise<Ledger>;
};

/** Runs the same tests on the embedded engine and on a real PostgreSQL. */
export const onBothEngines = (tests: (engine: EngineTests) => void): void => {
  describe('PGlite', () => tests(embeddedTests()));
  describeOnPostgres('PostgreSQL', (server) => tests(serverTests(server)));
};

/** With a PostgreSQL of their own. */
export const describeOnPostgres = (title: string, tests: (server: () => PostgresServer) => void): void => {
  describePart({ missing: findPostgres() === null ? noPostgres : null }, title, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await startPostgres();
    });
    tests(() => server ?? notStarted());
    // Defined last, and so run after everything that was opened on it is closed.
    afterAll(() => server?.stop());
  });
};

const notStarted = (): never => {
  throw new Error('PostgreSQL has not been started.');
};

const embeddedTests = (): EngineTests =>
  engineTests(async (clean) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'sluice-ledger-'));
    clean(() => rm(folder, { recursive: true, force: true }));
    const common = await layLedger(folder);
    return {
      open: (onWarning) => openLedger(onWarning === undefined ? common : { ...common, onWarning }),
      behind: async (work) => {
        const database = await openPglite(path.join(folder, 'data'));
        await work(database.db).finally(() => closePglite(database));
      },
    };
  });

const serverTests = (server: () => PostgresServer): EngineTests =>
  engineTests(async () => {
    const url = await server().createDatabase();
    await migrate(url);
    const common = { url, connections: 4 };
    return {
      open: (onWarning) => openLedger(onWarning === undefined ? common : { ...common, onWarning }),
      behind: async (work) => {
        const database = await openPostgres(url, 1, () => undefined);
        await work(database.db).finally(() => database.close());
      },
    };
  });

type Work = () => Promise<void>;

/** `make` says what is to be cleaned up after everything that was opened in the place is closed. */
const engineTests = (make: (clean: (work: Work) => void) => Promise<Place>): EngineTests => {
  const afterTest: Work[] = [];
  const afterTests: Work[] = [];
  const carryOut = async (work: Work[]): Promise<void> => {
    for (const one of work.splice(0).reverse()) await one();
  };
  afterEach(() => carryOut(afterTest));
  afterAll(() => carryOut(afterTests));
  const placeUntil = async (work: Work[]): Promise<Place> => {
    const place = await make((one) => void work.push(one));
    return {
      ...place,
      open: async (onWarning) => {
        const ledger = await place.open(onWarning);
        work.push(() => ledger.close());
        return ledger;
      },
    };
  };
  let shared: Promise<Ledger> | undefined;
  return {
    place: () => placeUntil(afterTest),
    ledger: () => (shared ??= placeUntil(afterTests).then((place) => place.open())),
  };
};
