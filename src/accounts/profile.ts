import { lengthProblem, type Problem, storableProblem, valueError } from './text.js';

const maxFullName = 100;
const maxBio = 500;

const controls = /[\p{Cc}\u2028\u2029]/u;
// They turn the direction of what is shown beside them, so that one name is read as another (Trojan Source).
const bidirectional = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

export function fullNameProblem(fullName: string): Problem | undefined {
  const problem = lengthProblem(fullName, 0, maxFullName) ?? storableProblem(fullName);
  if (problem !== undefined) return problem;
  if (controls.test(fullName)) return valueError('Full name must not contain control characters');
  if (bidirectional.test(fullName)) return valueError('Full name must not contain bidirectional marks');
  return undefined;
}

/** Judged before anything is stripped, as the seed does. */
export const bioProblem = (bio: string): Problem | undefined =>
  lengthProblem(bio, 0, maxBio) ?? storableProblem(bio);

/** What Python's str.strip() takes away: not quite JavaScript's blanks (U+001C to U+001F and U+0085 go, U+FEFF stays). */
function isPythonSpace(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if ((unit >= 0x1c && unit <= 0x1f) || unit === 0x85) return true;
  return unit !== 0xfeff && /\s/.test(text.charAt(at));
}

function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isPythonSpace(text, start)) start += 1;
  while (end > start && isPythonSpace(text, end - 1)) end -= 1;
  return text.slice(start, end);
}

/** The seed's rule to the letter: `re.sub(r'[<>"\']', '', v).strip()`. No defence of a page: whoever shows a text escapes it. */
export const sanitizeBio = (bio: string): string => strip(bio.replace(/[<>"']/g, ''));
