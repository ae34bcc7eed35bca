// README and docs do as they say: operations are sent and answered as printed, programs run, and shell commands exist.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createClient } from 'graphql-ws'
import { describe, expect, onTestFinished, test } from 'vitest'
import WebSocket from 'ws'
import { parse } from 'yaml'
import { ask } from './client.ts'
import { type Block, blocksOf, documents } from './markdown.ts'
import { scripts } from './npm-run.ts'
import { sharedDesk } from './shared-desk.ts'

/** The blocks that run elsewhere, and the reason; each is named by its document and its first line. */
const elsewhere: Record<string, string> = {
  "docs/eventstoredb.md: EVENTSTORE_URL='esdb://localhost:2113?tls=false' npx vitest run --project fast kernel/store/eventstoredb/eventstoredb-event-store.test.ts":
    'needs an EventStoreDB',
  'docs/operations.md: docker compose up --build --wait': 'needs Docker',
  'docs/operations.md: export COMPOSE_PROFILES=cluster': 'needs Docker',
  'docs/mongodb.md: use creditline': 'needs a MongoDB',
  "docs/mongodb.md: sh.shardCollection('creditline.orders_v1_3fa91c07', { _id: 'hashed' })": 'needs a MongoDB',
}

/** Languages of blocks for people, which nothing runs. */
const forPeople = ['text', 'mermaid']

const desk = sharedDesk()
const creditlineHelp = execFileSync(process.execPath, ['server/creditline.mjs', '--help'], { encoding: 'utf8' })
const blocks = documents.flatMap(blocksOf)
const checked = blocks.filter(({ name, language }) => !(name in elsewhere) && !forPeople.includes(language))
const inLanguage = (...languages: string[]) => checked.filter(({ language }) => languages.includes(language))

test('every block has a language that this test runs or checks, or is named as one that runs elsewhere', () => {
  const known = ['graphql', 'json', 'js', 'javascript', 'ts', 'typescript', 'sh', 'bash', 'yaml']
  expect(checked.filter(({ language }) => !known.includes(language)).map(({ name }) => name)).toEqual([])
  const names = blocks.map(({ name }) => name)
  expect(Object.keys(elsewhere).filter((name) => !names.includes(name))).toEqual([])
})

describe.each(documents.filter((document) => blocksOf(document).some(({ language }) => language === 'graphql')))(
  '%s',
  (document) => {
    const tour = blocksOf(document).filter(({ name }) => !(name in elsewhere))
    const steps = tour.flatMap(({ language, text }, at) =>
      language === 'graphql' ? [{ operation: text, answer: tour[at + 1] }] : [],
    )

    test('every GraphQL operation gives the answer that the next block prints', async () => {
      for (const { operation, answer } of steps) {
        expect(answer?.language, operation).toBe('json')
        const expected: unknown = JSON.parse(answer?.text ?? '')
        if (/^\s*subscription/m.test(operation)) expect(await firstMessage(operation)).toEqual(expected)
        // The decision on an order takes a moment; a mutation is sent once.
        else if (/^\s*mutation/m.test(operation)) expect(await ask(desk.url(), operation)).toEqual(expected)
        else {
          const answered = async () => inNoOrder(await ask(desk.url(), operation))
          await expect.poll(answered).toEqual(inNoOrder(expected))
        }
      }
    })
  },
)

test.each(inLanguage('json'))('$name is JSON', ({ text }) => {
  expect(() => JSON.parse(text)).not.toThrow()
})

test.each(inLanguage('yaml'))('$name is YAML', ({ text }) => {
  expect(parse(text)).toBeTypeOf('object')
})

test.each(inLanguage('js', 'javascript', 'ts', 'typescript'))(
  '$name runs, and prints the text block after it',
  async (block) => {
    const next = blocks[blocks.indexOf(block) + 1]
    const program = await startProgram(block)
    if (next?.language === 'text') await expect.poll(program.printed).toBe(next.text)
    else expect(await program.exitCode).toBe(0)
    expect(program.complaints()).toBe('')
  },
)

test.each(inLanguage('sh', 'bash'))('$name names commands that exist', ({ text }) => {
  const commands = text
    .split(/\n|&&|\|\|/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
  for (const command of commands) expect(complaintAbout(command), command).toBeUndefined()
})

/** Without a name of a block in `elsewhere`, a command must be one of npm or of this project. */
function complaintAbout(command: string): string | undefined {
  const [program, first = '', second = ''] = command.split(/\s+/)
  if (program === 'npm' && (first === 'ci' || first === 'install')) return undefined
  if (program === 'npm') {
    const script = first === 'run' ? second : first
    return script in scripts ? undefined : `there is no script ${script}`
  }
  if (program === 'npx' && first === 'creditline') {
    return second.startsWith('-') || creditlineHelp.includes(`\n  ${second} `)
      ? undefined
      : `creditline knows no ${second}`
  }
  if (program === 'node') return existsSync(first) ? undefined : `there is no file ${first}`
  return 'this test knows no such command: name the block in `elsewhere` if it needs a server or a package'
}

/** Runs a block as a module of this project, against the desk of this test. */
async function startProgram({ language, text }: Block) {
  const directory = await mkdtemp(resolve('.readme-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const file = join(directory, language.startsWith('t') ? 'program.ts' : 'program.mjs')
  await writeFile(file, text.replaceAll('127.0.0.1:4000', new URL(desk.url()).host))
  const child = spawn(process.execPath, ['--import', './server/typescript.mjs', file])
  const exitCode = new Promise<number | null>((settle) => child.on('close', settle))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exitCode
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (data) => {
    stdout += data
  })
  child.stderr.on('data', (data) => {
    stderr += data
  })
  return { exitCode, printed: () => stdout, complaints: () => stderr }
}

/** Credit and stock are reserved at the same time: their order is open. */
function inNoOrder(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer), (_, value) =>
    Array.isArray(value) ? value.map((item) => JSON.stringify(item)).sort() : value,
  )
}

async function firstMessage(query: string): Promise<unknown> {
  const client = createClient({ url: `${desk.url().replace('http', 'ws')}/graphql`, webSocketImpl: WebSocket })
  for await (const { data } of client.iterate({ query })) {
    await client.dispose()
    return data
  }
  throw new Error('The subscription ended without a message.')
}
