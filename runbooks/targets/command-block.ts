import { z } from 'zod';
import { argvSchema, programShape, programWithin } from './program-block.ts';

const always = ['service', 'environment'] as const;
const write = [...always, 'rollout', 'key', 'fence'] as const;

/** Any tool that deploys, as one program per thing to be done. Source: docs/targets.md. */
export const commandBlock = z
  .strictObject({
    observe: argvSchema(always).describe('says what runs'),
    deploy: argvSchema([...write, 'version', 'digest', 'artifact', 'image', 'instances']).describe(
      'brings a version up, without traffic',
    ),
    shift: argvSchema([...write, 'weights'])
      .optional()
      .describe('splits the traffic; without it only strategies that need no split are possible'),
    scale: argvSchema([...write, 'version', 'instances', 'downtime'])
      .optional()
      .describe('makes a version have more or fewer instances; recreate and rolling need it'),
    promote: argvSchema([...write, 'version']).describe('makes a version the one that counts as stable'),
    retire: argvSchema([...write, 'version']).describe('takes a version away'),
    address: argvSchema([...always, 'version'])
      .optional()
      .describe('says where a version answers past the balancer; smoke tests need it'),
    within: programWithin.prefault('30s').describe('how long one run may take'),
    ...programShape,
  })
  .describe('any deploy tool: a program per verb, which answers with JSON on its last line');

export type CommandBlock = z.output<typeof commandBlock>;
export type CommandVerb = 'observe' | 'deploy' | 'shift' | 'scale' | 'promote' | 'retire' | 'address';
