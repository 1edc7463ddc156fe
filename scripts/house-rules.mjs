// What the linter cannot say: no file over 300 lines, no silenced compiler, no drawer for leftovers, and a doc comment
// on what the access room exports.
//   node scripts/house-rules.mjs [ROOT]
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { listFiles, parse, report } from './source-tree.mjs';

const folders = ['src', 'test', 'scripts', 'bench'];
const maxLines = 300;
const exported =
  /^export (?:declare |abstract |async )*(?:function\*?|const|class|interface|type|enum) (\w+)/;

/** All refusals of the tree under `root`. */
export function checkHouseRules(root) {
  return folders.flatMap((folder) =>
    listFiles(join(root, folder), ['.ts', '.mjs', '.js']).flatMap((file) => {
      const path = `${folder}/${file}`;
      return [...judgeName(path), ...judgeText(path, readFileSync(join(root, path), 'utf8'))];
    }),
  );
}

function judgeName(file) {
  const drawer = /(^|\/)(utils?|helpers?|misc|common)(\/|\.)/.test(file);
  return drawer ? [{ file, line: 1, message: 'a name for leftovers: name the file after what it does' }] : [];
}

function judgeText(file, text) {
  const refusals = [];
  const lines = text.split('\n').length - 1;
  if (lines > maxLines) {
    refusals.push({
      file,
      line: maxLines + 1,
      message: `${lines} lines, ${maxLines} at most: a file has one subject; split it`,
    });
  }
  const { comments } = parse(file, text);
  if (file.startsWith('src/access/')) refusals.push(...judgeDocs(file, text, comments));
  for (const { value, line } of comments) {
    if (/^\s*@ts-(ignore|nocheck)/.test(value)) {
      refusals.push({ file, line, message: 'the compiler may not be silenced: give the value its type' });
    }
    // A test of types says what must not compile; anywhere else the directive hides a mistake.
    if (/^\s*@ts-expect-error/.test(value) && !file.startsWith('test/')) {
      refusals.push({ file, line, message: '@ts-expect-error stands in tests of types only' });
    }
  }
  return refusals;
}

// Whoever builds a route reads these in an editor's pop-up, which shows nothing else.
function judgeDocs(file, text, comments) {
  const docs = comments.filter(({ value }) => value.startsWith('*'));
  const documented = new Set(docs.map(({ value, line }) => line + value.split('\n').length));
  const seen = new Set();
  return text.split('\n').flatMap((words, at) => {
    const name = exported.exec(words)?.[1];
    // The overloads of a function share the comment of the first.
    if (name === undefined || seen.has(name)) return [];
    seen.add(name);
    const message = `${name} is exported without a doc comment directly above: effect, refusals, source`;
    return documented.has(at + 1) ? [] : [{ file, line: at + 1, message }];
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  report('house rules', checkHouseRules(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)))));
}
