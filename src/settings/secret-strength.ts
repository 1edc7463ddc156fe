/**
 * Pieces of secrets that everybody knows: the seed's, tutorials', templates', generators' placeholders. Compared without
 * case, hyphens and the like, so `Your_Secret-Key` is `yoursecretkey`.
 */
const samples = [
  ...[
    'yoursecret',
    'yoursupersecret',
    'secretkey',
    'supersecret',
    'topsecret',
    'mysecret',
    'jwtsecret',
    'keepitsecret',
  ],
  ...['testsecret', 'devsecret', 'notasecret', 'sharedsecret', 'astringsecret', 'shhhh', 'your256bitsecret'],
  ...[
    'changeme',
    'changethis',
    'changeit',
    'pleasechange',
    'replaceme',
    'replacethis',
    'placeholder',
    'donotuse',
  ],
  ...[
    'insecure',
    'examplekey',
    'password',
    'passw0rd',
    'letmein',
    'qwertyui',
    'abcdefgh',
    '12345678',
    '87654321',
  ],
  ...['deadbeef', 'cafebabe', 'loremipsum', 'correcthorse'],
  // FastAPI's tutorial; RFC 7515 appendix A.1
  '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7',
  'aym1sysppbydfgzld3umj1qzkobwvmkoqqestjqlrt1qs0gzh75aktmn3yj0ips4hcgutwjazr1z9caow',
];

const fold = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Shannon's figure over the letters that occur. Of 32 random hexadecimal digits it gives about 115 bits. */
function entropyBits(letters: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const letter of letters) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => bits - count * Math.log2(count / letters.length), 0);
}

/** True when some piece, said again and again, gives at least three quarters of the text. */
function repeats(letters: readonly string[]): boolean {
  for (let period = 1; period <= letters.length / 2; period++) {
    const same = letters.filter((letter, index) => letter === letters[index - period]).length;
    if (same >= (letters.length - period) * 0.75) return true;
  }
  return false;
}

/**
 * True when three fifths of the letters are the neighbour of the one before: `abcdef`, `987654`, `aaaa`. At a half, one
 * random hexadecimal secret in 100,000 was refused.
 */
function runs(letters: readonly string[]): boolean {
  const codes = letters.map((letter) => letter.codePointAt(0) ?? 0);
  const steps = codes.filter((code, index) => Math.abs(code - (codes[index - 1] ?? Number.NaN)) <= 1);
  return steps.length >= letters.length * 0.6;
}

/**
 * Why an HS256 secret could be guessed, or undefined. It must have 32 characters (RFC 7518 §3.2: as many bits as the
 * hash), be none that is known, and look random. The answer never holds a piece of it.
 */
export function weaknessOf(secret: string): string | undefined {
  const length = [...secret].length;
  if (length < 32) return `has ${length} character${length === 1 ? '' : 's'}; at least 32 are needed.`;
  const folded = fold(secret);
  if (samples.some((sample) => folded.includes(sample)))
    return 'holds a sample that everybody knows, such as your-secret-key or changeme.';
  // 1,024 letters are enough to judge, and keep the search for repetitions short.
  const letters = [...secret.toLowerCase()].slice(0, 1024);
  if (new Set(letters).size < 8 || entropyBits(letters) < 90)
    return 'has too few different characters to be random.';
  if (repeats(letters)) return 'is a short piece said again and again.';
  if (runs(letters)) return 'is a run of neighbouring letters or digits.';
  return undefined;
}
