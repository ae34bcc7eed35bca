// `npm run test:mutation`: mutates the files whose score is out of date, records the new scores, and fails below the bound.
//   npm run test:mutation                 mutates the files that have changed, or whose tests have
//   npm run test:mutation -- --all        mutates all files
//   npm run test:mutation -- FILE …       mutates these files for a look, and records nothing
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { fingerprintOf } from './fingerprint.ts'
import { mutatedFiles, mutationTests } from './mutated.ts'

/** The share of mutants, in percent, that tests must notice. */
const BOUND = 95

const NOTICED = new Set(['Killed', 'Timeout'])
const COUNTED = new Set([...NOTICED, 'Survived', 'NoCoverage'])

/** stryker.config.mjs names the same file. */
const REPORT = 'node_modules/.cache/mutation.json'

const SCORES = new URL('./scores.json', import.meta.url)

interface Score {
  fingerprint: string
  /** Mutants that a test noticed, and all mutants. */
  noticed: number
  mutants: number
}

interface Report {
  files: Record<string, { mutants: { status: string }[] }>
}

const USAGE = 'Usage: npm run test:mutation -- [--all | FILE …]'

const { all, named } = readArguments()
const recorded: Record<string, Score> = existsSync(SCORES) ? JSON.parse(readFileSync(SCORES, 'utf8')) : {}
const fingerprints = new Map(mutatedFiles.map((file) => [file, fingerprintOf(file, mutationTests, mutatedFiles)]))
const isCurrent = (file: string) => recorded[file]?.fingerprint === fingerprints.get(file)

if (named.length > 0) process.exit(mutate(named))

const due = mutatedFiles.filter((file) => all || !isCurrent(file))
console.log(
  `${due.length} of ${mutatedFiles.length} files have changed, or their tests have, since their score was recorded.`,
)
if (due.length > 0) {
  if (mutate(due) !== 0) process.exit(1)
  record(due)
}
const score = scoreOf(Object.values(recorded))
console.log(`Tests notice ${score.toFixed(2)} % of the mutants; the bound is ${BOUND} %.`)
process.exit(score < BOUND ? 1 : 0)

function readArguments(): { all: boolean; named: string[] } {
  try {
    const flag = { type: 'boolean', default: false } as const
    const options = { all: flag, help: { ...flag, short: 'h' } }
    const { values, positionals } = parseArgs({ allowPositionals: true, options })
    if (!values.help) return { all: values.all, named: positionals }
    console.log(USAGE)
    process.exit(0)
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`)
    process.exit(2)
  }
}

/** Runs Stryker over some files: its exit code. */
function mutate(files: readonly string[]): number {
  const stryker = ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run', '--mutate', files.join(',')]
  return spawnSync(process.execPath, stryker, { stdio: 'inherit' }).status ?? 1
}

function record(files: readonly string[]): void {
  const report: Report = JSON.parse(readFileSync(REPORT, 'utf8'))
  for (const file of files) {
    const counted = (report.files[file]?.mutants ?? []).filter(({ status }) => COUNTED.has(status))
    const noticed = counted.filter(({ status }) => NOTICED.has(status)).length
    recorded[file] = { fingerprint: fingerprints.get(file) as string, noticed, mutants: counted.length }
  }
  for (const file of Object.keys(recorded)) if (!fingerprints.has(file)) delete recorded[file]
  const lines = mutatedFiles.map((file) => `  ${JSON.stringify(file)}: ${JSON.stringify(recorded[file])}`)
  writeFileSync(SCORES, `{\n${lines.join(',\n')}\n}\n`)
}

/** Mutants that do not compile, or that are ignored, say nothing about the tests. */
function scoreOf(scores: readonly Score[]): number {
  const mutants = scores.reduce((sum, score) => sum + score.mutants, 0)
  const noticed = scores.reduce((sum, score) => sum + score.noticed, 0)
  return mutants === 0 ? 100 : (100 * noticed) / mutants
}
