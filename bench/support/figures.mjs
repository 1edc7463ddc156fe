// Statistics of a noisy machine: medians, and ratios of what was measured side by side.

const sorted = (values) => [...values].sort((a, b) => a - b);

export function percentile(values, share) {
  const ordered = sorted(values);
  return ordered[Math.min(ordered.length - 1, Math.floor(share * ordered.length))] ?? Number.NaN;
}

export function median(values) {
  const ordered = sorted(values);
  const middle = ordered.length / 2;
  return ((ordered[Math.ceil(middle) - 1] ?? Number.NaN) + (ordered[Math.floor(middle)] ?? Number.NaN)) / 2;
}

/** `digits` significant ones, without an exponent. */
function round(value, digits = 3) {
  if (!Number.isFinite(value) || value === 0) return value;
  const scale = 10 ** Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return Math.round(value * scale) / scale;
}

/** One line of the report: what, how much, and what was asked of it. `aim` as text: '≥ 0.65', '≤ 100'. */
export function figure(what, value, unit = '', aim = undefined) {
  return { what, value: round(value), unit, ...(aim && { aim, reached: isReached(value, aim) }) };
}

function isReached(value, aim) {
  const bound = Number(aim.replace(/^\D+/, ''));
  return aim.startsWith('≥') ? value >= bound : value <= bound;
}
