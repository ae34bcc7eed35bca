// `npm run check:words`: no sentence of the checked files breaks the rule of plain words.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { helpOrRefuse } from '../help-or-refuse.ts'
import { breaches } from './plain.ts'

const USAGE = `Usage: npm run check:words

Fails when a comment, a test title or a paragraph of Markdown has a sentence that begins with What, Whose, Who or
So many, or a phrase such as "is told". A question may begin with these words. Names the file, the line and the sentence.

  -h, --help this text`

/** The list grows: a folder joins it when its last such sentence has gone. A file with `:!` still has some and is left out. */
const checked = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'README.md',
  'bench',
  'command',
  'docs',
  'events',
  'examples',
  'kernel',
  'query',
  'schema',
  'server',
  'simulator',
  'test',
  ':!test/kernel/deciding/saga/saga.test.ts',
]

helpOrRefuse(USAGE)
const paths = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...checked], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => /\.(ts|md)$/.test(path) && !path.endsWith('.generated.ts'))
const found = paths.flatMap((path) =>
  breaches(path, readFileSync(path, 'utf8')).map(({ line, sentence }) => `${path}:${line}: ${sentence}`),
)
for (const each of found) console.error(each)
console.log(`${paths.length} files read, ${found.length} sentences to rewrite`)
process.exit(found.length > 0 ? 1 : 0)
