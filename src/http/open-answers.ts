import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

type Answer = ServerResponse<IncomingMessage>;

const kOpen = Symbol('sallyport.open-answers');

interface Carrier {
  [kOpen]?: Answer[];
}

/** Remembers which answers a connection still owes, in the order in which they were asked for (pipelining). */
export function openAnswer(socket: Socket & Carrier, answer: Answer): void {
  const open = socket[kOpen];
  if (open === undefined) socket[kOpen] = [answer];
  else open.push(answer);
}

export function closeAnswer(socket: Socket & Carrier, answer: Answer): void {
  const open = socket[kOpen];
  const at = open?.indexOf(answer) ?? -1;
  if (at !== -1) open?.splice(at, 1);
}

export const answersOn = (socket: Socket & Carrier): readonly Answer[] => socket[kOpen] ?? [];
