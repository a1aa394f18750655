import { migrationsSchema } from '../../runbooks/migrations.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import { makeService } from './make.ts';

const sql = { url: 'env:SHOP_DB', directory: '/migrations' };

/** The service of `make.ts`, with migrations. `keepWarm` in ms. */
export const migrating = (block: Readonly<Record<string, unknown>> = {}, keepWarm?: number): ServiceFile => {
  const file = makeService();
  const { production } = file.environments;
  if (production === undefined) throw new Error('the service has no production');
  const migrations = migrationsSchema.parse({ sql, ...block });
  const rollback = keepWarm === undefined ? production.rollback : { ...production.rollback, keepWarm };
  return { ...file, environments: { production: { ...production, migrations, rollback } } };
};
