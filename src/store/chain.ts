import { createHash, randomBytes } from 'node:crypto';
import type { Actor } from '../../runbooks/access.ts';
import type { EventBody } from '../../runbooks/events.ts';
import { canonicalJson } from '../../runbooks/runbook.ts';

/** What the first event of a chain has for the hash before it. */
export const chainBegin = '0'.repeat(64);

/** Everything of an event that its hash covers. Texts are covered through their salted hashes (hex, by name). */
export type ChainContent = {
  readonly position: number;
  readonly rolloutId: string;
  readonly id: string;
  readonly at: string;
  readonly actor: Actor | null;
  readonly body: EventBody;
  readonly textHashes: Readonly<Record<string, string>>;
};

/** SHA-256 (hex) over the hash before and the content in canonical JSON. */
export const hashEvent = (previousHash: string, content: ChainContent): string =>
  createHash('sha256').update(previousHash).update('\n').update(canonicalJson(content)).digest('hex');

/** SHA-256 (hex) over salt and text: without the salt nobody can find out a short text by trying. */
export const hashText = (salt: string, text: string): string =>
  createHash('sha256').update(Buffer.from(salt, 'hex')).update(text, 'utf8').digest('hex');

/** 16 random bytes, hex. */
export const newSalt = (): string => randomBytes(16).toString('hex');
