// The lists in docs/extending.md are right: with changes of exactly these files, the additions compile and work on a copy of the project.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Addition, changedText } from './addition.ts'
import { command } from './command.ts'
import { event } from './event.ts'
import { field } from './field.ts'
import { view } from './view.ts'

const additions: readonly Addition[] = [field, event, view, command]
const root = process.cwd()
const document = await readFile('docs/extending.md', 'utf8')

let copy: string

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'creditline-extending-'))
  const left = ['.git', 'node_modules', 'data', 'coverage', '.stryker-tmp'].map((name) => join(root, name))
  await cp(root, copy, { recursive: true, filter: (path) => !left.includes(path) })
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
})

afterAll(() => rm(copy, { recursive: true, force: true }))

describe.each(additions)('the list for $heading', ({ heading, changed, created }) => {
  test('names the files that the addition changes or creates, and no others', () => {
    expect(listedUnder(heading)).toEqual([...Object.keys(changed), ...Object.keys(created)].sort())
  })
})

test.each(['A saga', 'A policy'])('the list for %s names files that exist, and new ones by a pattern', (heading) => {
  const listed = listedUnder(heading)
  expect(listed.length).toBeGreaterThan(2)
  expect(listed.filter((path) => !path.includes('NAME') && !existsSync(path))).toEqual([])
})

test('all additions together compile, keep to the architecture and work, and no other file changes', async () => {
  for (const addition of additions) await add(addition)
  const files = additions.flatMap(({ changed, created }) => [...Object.keys(changed), ...Object.keys(created)])
  await run(process.execPath, '--import', './server/typescript.mjs', 'schema/generate.ts')
  const tests = [
    'test/added/',
    'test/examples.test.ts',
    'schema/',
    'query/views/index.test.ts',
    'query/summary.test.ts',
  ]
  // The compiler works while the tests run.
  const results = await Promise.allSettled([
    run(process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--project', 'fast', ...tests, 'command/mutations/'),
    (async () => {
      await run(compiler(), '--noEmit', '--incremental', 'false', '-p', '.')
      await run('npm', 'run', '--silent', 'check:architecture')
      await run('node_modules/.bin/biome', 'lint', '--vcs-enabled=false', ...files)
    })(),
  ])
  expect(results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))).toEqual([])
})

/** The paths in the first column of the table under a heading, sorted. */
function listedUnder(heading: string): string[] {
  const [, section = ''] = document.split(`\n## ${heading}\n`)
  const [own = ''] = section.split('\n## ')
  return [...own.matchAll(/^\| (?:\[|`)([^\]`]+)/gm)].map(([, path = '']) => path).sort()
}

async function add({ heading, changed, created, test }: Addition): Promise<void> {
  for (const [path, changes] of Object.entries(changed)) {
    const file = join(copy, path)
    await writeFile(file, changedText(path, await readFile(file, 'utf8'), changes))
  }
  const name = heading.split(' ').at(-1)
  for (const [path, text] of Object.entries({ ...created, [`test/added/${name}.test.ts`]: test })) {
    const file = join(copy, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text, { flag: 'wx' })
  }
}

/** The native compiler, if it is installed. */
function compiler(): string {
  return ['node_modules/.bin/tsgo', 'node_modules/.bin/tsc'].find((file) => existsSync(file)) ?? 'tsc'
}

/** Runs a program in the copy. @throws Error with its output when it fails */
function run(program: string, ...args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { cwd: copy, maxBuffer: 1e8, env: { ...process.env, VITEST: undefined, NODE_ENV: undefined } }
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}\n${stdout}${stderr}`))
      else resolve()
    })
  })
}
