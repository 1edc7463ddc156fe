// `npm test`: sets up, then runs the static checks and every part of the tests, and ends with one line "N passed, N failed".
//   node scripts/test.mjs [PART …]     default: all parts but browser and nodes; `everything` has these too
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { findChromium } from './chromium.mjs';
import { root, setUp } from './setup.mjs';

const checks = {
  types: ['node_modules/typescript/bin/tsc', '-p', '.', '--noEmit'],
  lint: ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'],
  rooms: ['scripts/import-directions.mjs'],
  house: ['scripts/house-rules.mjs'],
  knip: ['node_modules/knip/bin/knip.js', '--no-progress'],
};
/** Projects of vitest.config.ts, each run by itself: one without a test fails, and each gets both cores. */
const suites = ['unit', 'scripts', 'store', 'wire', 'race', 'package', 'browser', 'nodes'];
/** They fetch more than packages: a browser, other versions of Node. */
const onlyAsked = ['browser', 'nodes'];
const suiteLimit = 15 * 60_000;

const began = Date.now();
const parts = chooseParts(process.argv.slice(2));
const results = [];
const ready = await prepare();
if (fs.existsSync(join(root, 'node_modules', 'vitest'))) {
  await inPairs(parts.filter((part) => part in checks).map((part) => () => runCheck(part)));
}
for (const suite of parts.filter((part) => suites.includes(part))) {
  if (ready) await runSuite(suite);
  else results.push({ part: suite, passed: 0, failed: 1, seconds: 0, notes: ['not run: the set-up failed'] });
}
summarise();

function chooseParts(words) {
  const all = [...Object.keys(checks), ...suites];
  const unknown = words.filter((word) => word !== 'everything' && !all.includes(word));
  if (unknown.length > 0) {
    console.error(`no such part: ${unknown.join(', ')}; there are ${all.join(', ')}, everything`);
    process.exit(2);
  }
  if (words.includes('everything')) return all;
  return words.length > 0 ? words : all.filter((part) => !onlyAsked.includes(part));
}

/** A build that fails leaves the checks to be run: they tell more. */
async function prepare() {
  try {
    await setUp();
    return true;
  } catch (error) {
    results.push({ part: 'set-up', passed: 0, failed: 1, seconds: 0, notes: [error.message] });
    return false;
  }
}

async function inPairs(tasks) {
  const waiting = [...tasks];
  const take = async () => {
    for (let task = waiting.shift(); task; task = waiting.shift()) await task();
  };
  await Promise.all([take(), take()]);
}

async function runCheck(part) {
  const { code, output, seconds } = await run(checks[part], { keep: true });
  const passed = code === 0;
  console.log(`${passed ? 'ok    ' : 'FAILED'}  ${part} (${seconds} s)`);
  if (!passed) console.log(output.trimEnd());
  results.push({ part, passed: passed ? 1 : 0, failed: passed ? 0 : 1, seconds, notes: [] });
}

async function runSuite(suite) {
  console.log(`\n── ${suite} ──`);
  const folder = fs.mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const file = join(folder, 'result.json');
  // A line for each test where there are few, and each is a whole run of another Node.
  const reporter = suite === 'nodes' ? 'verbose' : 'default';
  const reporters = [`--reporter=${reporter}`, '--reporter=json', `--outputFile.json=${file}`];
  const env = suite === 'browser' ? { TEST_CHROMIUM: findChromium() ?? '' } : {};
  const { code, seconds } = await run(
    ['node_modules/vitest/vitest.mjs', 'run', '--project', suite, ...reporters],
    { env },
  );
  results.push({
    part: suite,
    seconds,
    ...judgeSuite(code, fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '{}'),
  });
  fs.rmSync(folder, { recursive: true, force: true });
}

/** A test that was skipped proves nothing, so it counts as failed; so does a run that ended badly without a failed test. */
function judgeSuite(code, json) {
  const {
    numPassedTests: passed = 0,
    numFailedTests = 0,
    numPendingTests = 0,
    numTodoTests = 0,
  } = JSON.parse(json);
  const skipped = numPendingTests + numTodoTests;
  const notes = skipped > 0 ? [`${skipped} skipped, which counts as failed`] : [];
  if (passed + numFailedTests === 0) notes.push('no test ran');
  else if (code !== 0 && numFailedTests === 0) notes.push(`vitest ended with ${code}`);
  const ended = code !== 0 || passed === 0 ? 1 : 0;
  return { passed, failed: Math.max(numFailedTests + skipped, ended), notes };
}

function run(args, { keep = false, env = {} } = {}) {
  return new Promise((resolve) => {
    let output = '';
    const started = Date.now();
    const stdio = ['ignore', keep ? 'pipe' : 'inherit', keep ? 'pipe' : 'inherit'];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio,
      timeout: suiteLimit,
    });
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => (output += error.message));
    child.on('close', (code) =>
      resolve({ code, output, seconds: Math.round((Date.now() - started) / 100) / 10 }),
    );
  });
}

function summarise() {
  const sum = (key) => results.reduce((total, one) => total + one[key], 0);
  console.log(`\n${Math.round((Date.now() - began) / 1000)} s in all`);
  for (const { part, passed, failed, seconds, notes } of results) {
    const verdict = failed === 0 ? 'passed' : 'FAILED';
    console.log(
      `  ${part.padEnd(8)} ${verdict}  ${passed} passed, ${failed} failed, ${seconds} s  ${notes.join('; ')}`.trimEnd(),
    );
  }
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  process.exitCode = sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
}
