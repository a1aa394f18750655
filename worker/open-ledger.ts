import path from 'node:path';
import { SluiceError } from '../runbooks/errors.ts';
import type { Config } from '../src/config.ts';
import type { Ledger } from '../src/store/ledger.ts';
import { openLedger } from '../src/store/open.ts';

/** The ledger by URL, or, for `sluiced dev` alone, embedded in the data folder. */
export const openFor = async (
  config: Config,
  program: 'dev' | 'worker' | 'serve',
  address: string,
  onOwned: () => void = () => undefined,
): Promise<Ledger> => {
  if (config.databaseUrl !== null) return openLedger({ url: config.databaseUrl });
  if (program === 'dev') return openLedger({ folder: path.join(config.home, 'ledger'), address, onOwned });
  throw new SluiceError({
    code: 'CONFIG_INVALID',
    message: `sluiced ${program} shares its ledger with other processes and needs PostgreSQL; SLUICE_DATABASE_URL is not set.`,
    hint: 'Set SLUICE_DATABASE_URL, run `sluiced migrate`, start again. On one machine `sluiced dev` needs none.',
  });
};
