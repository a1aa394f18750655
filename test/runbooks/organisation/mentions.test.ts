import { describe, expect, test } from '@jest/globals';
import { mentionPlaces, mentionsIn } from '../../../runbooks/organisation/mentions.ts';
import { matches } from '../../../runbooks/organisation/patterns.ts';
import { treeOf } from '../../../runbooks/organisation/tree.ts';
import type { SchemaPlace } from './make.ts';
import { itemOf, schemaPlaces } from './make.ts';

const places = schemaPlaces();
const coveredBy = (patterns: readonly string[]) => (path: string) =>
  patterns.some((pattern) => matches(path.split('.'), pattern));
const patternOf = (place: SchemaPlace): string => place.schema.pattern ?? itemOf(place)?.pattern ?? '';
const pathsWhere = (is: (place: SchemaPlace) => boolean): readonly string[] =>
  places.filter(is).map(({ path }) => path);

describe('what the lists of an organisation look at', () => {
  test('is every place of a secret that the schema has', () => {
    const secrets = pathsWhere((place) => patternOf(place).includes('env:[A-Za-z_]'));
    expect(secrets.length).toBeGreaterThan(10);
    expect(secrets.filter((path) => !coveredBy(mentionPlaces.secret)(path))).toEqual([]);
  });

  test('is every place of an address but the page for people, which nobody asks', () => {
    const addresses = pathsWhere((place) => patternOf(place).includes('https?:'));
    expect(addresses.filter((path) => !coveredBy(mentionPlaces.host)(path))).toEqual([
      'environments.*.page.runbook',
    ]);
    expect(pathsWhere(({ path }) => path === 'artifact.image')).toHaveLength(1);
  });

  test('is every list of texts in a target or a migration: each is a program with its arguments', () => {
    const programs = pathsWhere(
      (place) => /\.(?:target|migrations)\./.test(place.path) && itemOf(place)?.type === 'string',
    );
    expect(programs.length).toBeGreaterThan(10);
    expect(programs.filter((path) => !coveredBy(mentionPlaces.program)(path))).toEqual([]);
  });

  test('are the program of a list, all the pages of a source, and what steers the search for programs', () => {
    const file = {
      environments: {
        live: {
          target: { command: { deploy: ['./tool', 'deploy'], env: { PATH: 'env:P', TOKEN: 'env:T' } } },
          gates: { source: { scrape: { urls: ['http://a', 'http://b'] } } },
        },
      },
    };
    const found = mentionsIn(treeOf(file, { by: 'service', path: [] }));
    expect(found.map(({ kind, text }) => `${kind} ${text}`).sort()).toEqual([
      'host http://a',
      'host http://b',
      'program ./tool',
      'secret env:P',
      'secret env:T',
      'variable PATH',
    ]);
  });
});
