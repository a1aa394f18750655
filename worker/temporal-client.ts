import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { SluiceError } from '../runbooks/errors.ts';

/** Where Temporal is and how to speak to it: Temporal's own settings, or an address that we started it on. */
export type TemporalAt = { readonly address: string; readonly namespace: string };

/** Both connections to Temporal: the client's for façade and activities, the worker's native one. */
export type TemporalLinks = {
  readonly client: Client;
  readonly native: NativeConnection;
  readonly namespace: string;
  close(): Promise<void>;
};

const defaultAddress = '127.0.0.1:7233';

/**
 * Connects. `at` `null`: by Temporal's own configuration (`TEMPORAL_ADDRESS`, `temporal.toml`, …).
 * @throws SluiceError TEMPORAL_UNAVAILABLE with the address that was tried
 */
export const connectTemporal = async (at: TemporalAt | null): Promise<TemporalLinks> => {
  const configured = at === null ? loadClientConnectConfig() : null;
  const connectionOptions = at === null ? (configured?.connectionOptions ?? {}) : { address: at.address };
  const namespace = at?.namespace ?? configured?.namespace ?? 'default';
  const connection = await reach(connectionOptions.address, () => Connection.connect(connectionOptions));
  try {
    const native = await reach(connectionOptions.address, () => NativeConnection.connect(connectionOptions));
    return {
      client: new Client({ connection, namespace }),
      native,
      namespace,
      close: async () => {
        await connection.close();
        await native.close();
      },
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
};

/** The SDK says that it failed, and not where it tried. */
const reach = async <T>(address: string | undefined, connect: () => Promise<T>): Promise<T> => {
  try {
    return await connect();
  } catch (error) {
    const problem = {
      code: 'TEMPORAL_UNAVAILABLE',
      message: `Temporal does not answer at ${address ?? defaultAddress}: ${error instanceof Error ? error.message : String(error)}.`,
      hint: 'Start it there, or say where it is: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY.',
    } as const;
    throw new SluiceError(problem, { cause: error });
  }
};
