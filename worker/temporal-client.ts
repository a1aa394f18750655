import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';

/** Where Temporal is and how to speak to it: Temporal's own settings, or an address that we started it on. */
export type TemporalAt = { readonly address: string; readonly namespace: string };

/** Both connections to Temporal: the client's for façade and activities, the worker's native one. */
export type TemporalLinks = {
  readonly client: Client;
  readonly native: NativeConnection;
  readonly namespace: string;
  close(): Promise<void>;
};

/**
 * Connects. `at` `null`: by Temporal's own configuration (`TEMPORAL_ADDRESS`, `temporal.toml`, …).
 * Rejects with the SDK's connection error when nobody answers.
 */
export const connectTemporal = async (at: TemporalAt | null): Promise<TemporalLinks> => {
  const configured = at === null ? loadClientConnectConfig() : null;
  const connectionOptions = at === null ? (configured?.connectionOptions ?? {}) : { address: at.address };
  const namespace = at?.namespace ?? configured?.namespace ?? 'default';
  const connection = await Connection.connect(connectionOptions);
  const native = await NativeConnection.connect(connectionOptions);
  return {
    client: new Client({ connection, namespace }),
    native,
    namespace,
    close: async () => {
      await connection.close();
      await native.close();
    },
  };
};
