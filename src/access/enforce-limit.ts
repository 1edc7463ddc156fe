import type { FastifyReply } from 'fastify';
import { Refusal } from '../base/errors.js';
import { writeRateLimitFields } from '../http/rate-limit-fields.js';
import type { Verdict } from '../limits/verdict.js';

/** Tells the client what the counter said, in the RateLimit fields. Throws 429 when that was no. */
export function enforceLimit(reply: FastifyReply, verdict: Verdict): void {
  writeRateLimitFields(reply.raw, verdict);
  if (!verdict.allowed) throw new Refusal('too_many_requests', { retryAfter: verdict.resetSeconds });
}
