import type { z } from 'zod';
import { oneOf } from '../one-of.ts';
import { commandBlock } from './command-block.ts';
import { haproxyBlock } from './haproxy-block.ts';
import { practiceBlock } from './practice-block.ts';

/** Kinds of targets: a further one is a line here, and one in the worker that makes its adapter. */
export const targetSchema = oneOf({
  practice: practiceBlock,
  haproxy: haproxyBlock,
  command: commandBlock,
}).describe('where the service runs');
export type TargetBlock = z.output<typeof targetSchema>;
