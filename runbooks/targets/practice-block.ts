import { z } from 'zod';

export const practiceBlock = z.strictObject({}).describe('the practice service of this machine');
