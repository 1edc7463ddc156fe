import { z } from 'zod';

/** How many entries a page has. Digits alone: what JavaScript else takes for a number (`0x10`, `1e1`, blanks) is a 422. */
export const pageLimit = z.preprocess(
  (value) => (typeof value === 'string' && !/^\d{1,9}$/.test(value) ? Number.NaN : value),
  z.coerce.number().int().min(1).max(100).default(50),
);
