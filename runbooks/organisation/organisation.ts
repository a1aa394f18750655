import { z } from 'zod';
import { serviceFileSchema } from '../service.ts';
import { partOf, partsOf } from './facets.ts';
import { byEnvironment, floorsSchema } from './floors-block.ts';

const { apiVersion, service: _service, environments, ...inherited } = serviceFileSchema.shape;

const defaultsSchema = z
  .strictObject({
    ...partsOf(inherited),
    environments: byEnvironment(partOf(environments.valueType))
      .optional()
      .describe('by name, or "*" for all of them; one that a service file does not declare is not made'),
  })
  .describe('any part of a service file, which says it where it says nothing itself');

/** The organisation's file, `sluice.yml`: what every service file inherits, and what it may only tighten. */
export const organisationSchema = z.strictObject({
  apiVersion,
  defaults: defaultsSchema.optional(),
  floors: floorsSchema.optional(),
});

export type OrganisationFile = z.output<typeof organisationSchema>;
export type Floors = z.output<typeof floorsSchema>;
