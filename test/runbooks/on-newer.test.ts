import { expect, test } from '@jest/globals';
import { serviceFileSchema } from '../../runbooks/service.ts';
import { endOf, isOpen, judgeCommand, stateTable } from '../../runbooks/state.ts';

const fileWith = (onNewer?: string) =>
  serviceFileSchema.safeParse({
    apiVersion: 'sluice/v1',
    service: 'shop',
    owners: ['team-checkout'],
    artifact: { manifests: './releases' },
    environments: {
      production: {
        target: { practice: {} },
        strategy: { canary: { watch: '15m' } },
        gates: { errors: { max: '1%' } },
        ...(onNewer === undefined ? {} : { onNewer }),
      },
    },
  });

test('a deploy over another one is refused unless the file says otherwise', () => {
  expect(fileWith().data?.environments['production']?.onNewer).toBe('refuse');
  for (const said of ['refuse', 'queue', 'supersede'])
    expect(fileWith(said).data?.environments['production']?.onNewer).toBe(said);
  expect(fileWith('replace').error?.issues).toMatchObject([
    { path: ['environments', 'production', 'onNewer'] },
  ]);
});

test('what waits is open, has no exit code, and can only leave the queue', () => {
  expect(isOpen('queued')).toBe(true);
  expect(stateTable.queued.exit).toBeNull();
  expect(judgeCommand('queued', 'abort')).toEqual({ effect: 'leave-queue' });
  for (const command of ['approve', 'hold', 'promote', 'retry'] as const)
    expect(judgeCommand('queued', command)).toMatchObject({ refusal: expect.stringContaining('waits') });
});

test('who gives way to a newer one ends as superseded, with the exit code of a lock', () => {
  expect(endOf('newer')).toBe('superseded');
  expect(endOf('person')).toBe('aborted');
  for (const by of ['breach', 'failure', 'silence', 'time', 'lost'] as const)
    expect(endOf(by)).toBe('rolled-back');
  expect(stateTable.superseded.exit).toBe(9);
});
