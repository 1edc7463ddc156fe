import { z } from 'zod';
import type { Problem } from '../../accounts/text.js';

interface TextBounds {
  /** Code points, as JSON Schema and Python count them. */
  readonly minLength?: number;
  readonly maxLength: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly description?: string;
  readonly examples?: readonly string[];
}

/** A text judged by a rule of the accounts' room; the bounds are what OpenAPI tells of it. */
export const textBy = (problemOf: (text: string) => Problem | undefined, bounds: TextBounds) =>
  z
    .string()
    .superRefine((text, context) => {
      const problem = problemOf(text);
      if (problem) context.addIssue({ code: 'custom', message: problem.msg, params: { type: problem.type } });
    })
    .meta({ ...bounds });

/** What a client sends as null and what it leaves out mean the same where an account is made. */
export const absentIsNull = <T>(value: T | null | undefined): T | null => value ?? null;
