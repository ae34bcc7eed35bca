// Records the files of a release, for upgrade.test.ts: node --import ./server/typescript.mjs test/upgrade/record.ts CHECKOUT NAME
//   CHECKOUT  a checkout of that release, with its packages installed
//   NAME      the folder beside this file that the files go to, such as the release's commit
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { untilReady } from '../readiness.ts'
import { answers, isSettled, laterCommands, opening, orders, play } from './story.ts'

const [checkout, name] = process.argv.slice(2)
if (checkout === undefined || name === undefined) throw new Error('Usage: record.ts CHECKOUT NAME')

const directory = await mkdtemp(join(tmpdir(), 'creditline-record-'))
await withDesk('orchestration', async (url) => {
  await play(url, opening)
  await playRound(url, 'one')
})
await withDesk('choreography', (url) => playRound(url, 'two'))
const expected = await withDesk('orchestration', answers)

const target = new URL(`./${name}/`, import.meta.url)
await mkdir(target, { recursive: true })
for (const file of ['events.db', 'views.db']) await copyFile(join(directory, file), new URL(file, target))
await writeFile(new URL('answers.json', target), `${JSON.stringify(expected)}\n`)
await rm(directory, { recursive: true })

async function playRound(url: string, suffix: string): Promise<void> {
  await play(url, orders(suffix))
  await settled(url)
  await play(url, laterCommands(suffix))
  await settled(url)
}

async function settled(url: string): Promise<void> {
  let before = ''
  for (;;) {
    const now = JSON.stringify(await answers(url))
    if (now === before && (await isSettled(url))) return
    before = now
    await pause(500)
  }
}

/** Runs a desk of the checkout, and stops it properly: its log and its views are one file each then. */
async function withDesk<Result>(saga: string, work: (url: string) => Promise<Result>): Promise<Result> {
  const child = spawn(process.execPath, ['--import', './server/typescript.mjs', 'server/main.ts'], {
    cwd: resolve(checkout as string),
    env: { ...process.env, DATA_DIR: directory, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'warn', SAGA: saga },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /Health\s+(\S+)\/health\/ready/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout.resume()
    try {
      await untilReady(url)
      return await work(url)
    } finally {
      child.kill('SIGTERM')
      await ended
    }
  }
  throw new Error('The desk ended before it listened.')
}
