import { expect, test } from '@jest/globals';
import { lookAtMigrations } from '../../../activities/migrate.ts';
import { migrating } from '../../runbooks/migrating.ts';
import { digest, group, makeState } from '../../runbooks/make.ts';
import { plan } from '../../../runbooks/plan.ts';

// The database of `migrating` has no address here, nor has its folder a file: nothing of it can be asked.
const release = { version: '2.0.3', digest: digest('d') };
const state = makeState(group('2.0.4', 'a'));
const look = (kind: 'deploy' | 'rollback' | 'recover' | 'flag') =>
  lookAtMigrations({ kind, service: migrating(), environment: 'production' }, release, state);

test('a return does not wait for a database: what could not be asked is a warning of its plan', async () => {
  const service = migrating();
  for (const kind of ['rollback', 'recover'] as const) {
    const migrations = await look(kind);
    const result = plan({
      ...{ kind, service, environment: 'production', release, state, migrations },
      lastGood: release,
    });
    if ('problems' in result) throw new Error('refused');
    expect(result.warnings).toEqual([
      expect.stringMatching(/^Whether the database still has what 2\.0\.3 needs could not be asked: /),
    ]);
  }
});

test('a deploy does; a flag has nothing to do with it', async () => {
  await expect(look('deploy')).rejects.toMatchObject({ code: 'MIGRATION_INVALID' });
  expect(await look('flag')).toBeUndefined();
});
