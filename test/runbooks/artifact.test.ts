import { describe, expect, test } from '@jest/globals';
import { artifactSchema, isLoopback, parseImage } from '../../runbooks/artifact.ts';
import { serviceFileSchema } from '../../runbooks/service.ts';

const problems = (artifact: unknown): readonly string[] =>
  artifactSchema
    .safeParse(artifact)
    .error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? [];

describe('the name of an image', () => {
  test.each([
    ['registry.example.com/team/shop', 'registry.example.com', 'team/shop'],
    ['localhost/shop', 'localhost', 'shop'],
    ['127.0.0.1:5000/a/b/c_d/e--f', '127.0.0.1:5000', 'a/b/c_d/e--f'],
    ['[::1]:5000/shop', '[::1]:5000', 'shop'],
  ])('%s', (image, host, repository) => {
    expect(parseImage(image)).toEqual({ host, repository });
  });

  test.each([
    'shop',
    'team/shop',
    'registry.example.com/shop:1.0',
    'registry.example.com/shop@sha256:00',
    'registry.example.com/Shop',
    'https://registry.example.com/shop',
    'user:pw@registry.example.com/shop',
    'registry.example.com/../shop',
    'registry.example.com/shop?x',
    'registry.example.com//shop',
    'registry.example.com:port/shop',
  ])('not %s', (image) => {
    expect(parseImage(image)).toBeNull();
    expect(problems({ image })).toEqual([
      expect.stringContaining('must be registry and repository without a tag'),
    ]);
  });

  test('of this machine is known by its host alone', () => {
    for (const host of ['localhost', 'localhost:5000', '127.0.0.1', '127.8.8.8:1', '[::1]:5000'])
      expect([host, isLoopback(host)]).toEqual([host, true]);
    for (const host of ['localhost.example.com', '127.0.0.1.example.com', '10.0.0.1', '[::2]'])
      expect([host, isLoopback(host)]).toEqual([host, false]);
  });
});

describe('artifact', () => {
  test('is one of manifests and image, and what goes with it', () => {
    expect(problems({ manifests: './releases' })).toEqual([]);
    expect(problems({ image: 'r.example.com/shop', platform: 'linux/arm/v7', plainHttp: true })).toEqual([]);
    expect(problems({})).toEqual([' must hold one of manifests and image']);
    expect(problems({ manifests: '.', image: 'r.example.com/shop' })).toEqual([
      ' must hold one of manifests and image',
    ]);
    expect(problems({ manifests: '.', platform: 'linux/amd64' })).toEqual([
      'platform goes with image: a folder has no such thing',
    ]);
    expect(problems({ image: 'r.example.com/shop', auth: { bearer: 'tOpSeCrEt' } })).toEqual([
      expect.stringContaining('auth.bearer must say where the secret is'),
    ]);
    expect(problems({ image: 'r.example.com/shop', platform: 'amd64' })).toEqual([
      expect.stringContaining('platform must be system/architecture'),
    ]);
  });

  test('an image is refused for the practice service, which runs manifests', () => {
    const file = {
      apiVersion: 'sluice/v1',
      service: 'shop',
      owners: ['team-checkout'],
      artifact: { image: 'r.example.com/shop' },
      environments: {
        production: { target: { practice: {} }, strategy: { canary: {} }, gates: { errors: {} } },
      },
    };
    expect(serviceFileSchema.safeParse(file).error?.issues).toEqual([
      expect.objectContaining({
        path: ['environments', 'production', 'target', 'practice'],
        message: expect.stringContaining('runs manifests, not images'),
      }),
    ]);
  });
});
