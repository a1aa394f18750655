import { SluiceError } from '../../../runbooks/errors.ts';
import type { FileProblem } from '../../../src/service-file/problems.ts';
import { fileProblems } from '../../../src/service-file/problems.ts';
import { parseServiceFile } from '../../../src/service-file/read.ts';

/** A whole service file; every value of it is written out, so that a test can put another one in its place. */
export const validText = `apiVersion: sluice/v1
service: shop
description: A small shop
owners: [team-checkout]
artifact:
  manifests: ./releases
environments:
  production:
    target: { practice: {} }
    strategy:
      canary: { steps: [10, 50, 100], watch: 15m, ready: 2m }
    smoke:
      - http: { method: POST, path: /api/cart, json: { sku: tea }, expect: { status: 201 }, within: 2s }
    gates:
      every: 5s
      source: { practice: {} }
      errors:
        max: 1%
      onInconclusive: { extend: 15m, then: ask }
      holdBack: 10%
    rollback: { keepWarm: 1h, verify: 5m }
    held: 24h
    noData: 30m
access:
  deploy: [team-checkout]
`;

/** `validText` with one part put in another's place; throws where that part does not stand there. */
export const changed = (from: string, to: string): string => {
  if (!validText.includes(from)) throw new Error(`"${from}" does not stand in the valid text`);
  return validText.replace(from, () => to);
};

/** The error that refuses a text, or `null` where it is accepted. Anything else that is thrown is a crash. */
export const refusalOf = (text: string | Uint8Array): SluiceError | null => {
  try {
    parseServiceFile(text, 'shop.yml');
    return null;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
};

/** `line:column path message → mend` of every problem. */
export const said = (text: string | Uint8Array): readonly string[] => {
  const error = refusalOf(text);
  return error === null ? [] : fileProblems(error).map(sayProblem);
};

const sayProblem = ({ line, column, path, message, hint }: FileProblem): string =>
  `${String(line)}:${String(column)} ${path} ${message} → ${hint ?? ''}`;
