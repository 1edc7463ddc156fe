// Are two samples of times shifted against each other? Without assumptions about how times are distributed.

const ascending = (a, b) => a - b;

export function median(sample) {
  const sorted = [...sample].sort(ascending);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Two-sided p of the Mann-Whitney U test, by its normal approximation with ties (good from 20 each on). */
export function mannWhitney(one, other) {
  const all = [
    ...one.map((value) => ({ value, own: true })),
    ...other.map((value) => ({ value, own: false })),
  ];
  all.sort((a, b) => a.value - b.value);
  let rankSum = 0;
  let ties = 0;
  for (let at = 0; at < all.length; ) {
    let end = at;
    while (end < all.length && all[end].value === all[at].value) end += 1;
    const rank = (at + 1 + end) / 2;
    for (let tied = at; tied < end; tied += 1) if (all[tied].own) rankSum += rank;
    ties += (end - at) ** 3 - (end - at);
    at = end;
  }
  const [n, m] = [one.length, other.length];
  const total = n + m;
  const u = rankSum - (n * (n + 1)) / 2;
  const deviation = Math.sqrt(((n * m) / 12) * (total + 1 - ties / (total * (total - 1))));
  return deviation === 0 ? 1 : 2 * (1 - normal(Math.abs(u - (n * m) / 2) / deviation));
}

/** How often a random split of all times has medians at least as far apart as these two. */
export function permutationOfMedians(one, other, turns = 10_000) {
  const seen = Math.abs(median(one) - median(other));
  const all = Float64Array.from([...one, ...other]);
  let asFar = 0;
  for (let turn = 0; turn < turns; turn += 1) {
    for (let at = all.length - 1; at > 0; at -= 1) {
      const swap = Math.floor(Math.random() * (at + 1));
      [all[at], all[swap]] = [all[swap], all[at]];
    }
    const gap = median(all.subarray(0, one.length)) - median(all.subarray(one.length));
    if (Math.abs(gap) >= seen) asFar += 1;
  }
  return (asFar + 1) / (turns + 1);
}

/** Standard normal distribution, Abramowitz and Stegun 7.1.26: within 1.5e-7. */
function normal(z) {
  const t = 1 / (1 + (0.3275911 * z) / Math.SQRT2);
  const poly =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return 1 - (poly * Math.exp((-z * z) / 2)) / 2;
}
