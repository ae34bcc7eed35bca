// The npm scripts, each run through npm: their arguments, their exit codes, and signals.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { npmRun, npmStart, scripts } from './npm-run.ts'
import { embedded } from './place.ts'

/** The scripts with a program of this project. */
const ours = Object.entries(scripts).flatMap(([name, script]) => (/^node .*\.(ts|mjs)( |$)/.test(script) ? [name] : []))

describe.each(ours)('npm run %s', (name) => {
  test.each(['--help', '-h'])('prints its usage for %s', async (help) => {
    const { code, stdout, stderr } = await npmRun(name, help)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Usage: /)
  })

  test('refuses an argument that it does not know, in the form in which it was typed', async () => {
    const { code, stdout, stderr } = await npmRun(name, `--no-such '$HOME' %PATH% && x`)
    expect(stderr).toContain(`--no-such '$HOME' %PATH% && x`)
    expect([code, stdout]).toEqual([2, ''])
  })
})

describe.each(['start', 'demo'])('npm run %s', (name) => {
  test.each<[string, NodeJS.Signals, (pid: number) => number]>([
    ['SIGTERM to npm alone', 'SIGTERM', (pid) => pid],
    ['one Control-C, which goes to npm and to the desk', 'SIGINT', (pid) => -pid],
    ['SIGTERM to all of its processes', 'SIGTERM', (pid) => -pid],
  ])('closes the desk, and leaves no process behind, after %s', async (_, signal, target) => {
    const running = await startThroughNpm(name)
    await running.printed(/Playground/)
    process.kill(target(running.pid), signal)
    await running.ended
    const messages = running
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line).msg)
    expect(messages.slice(-2)).toEqual([expect.stringMatching(/^Stopping: no new work starts/), 'Stopped'])
  })
})

async function startThroughNpm(name: string) {
  const directory = await mkdtemp(join(tmpdir(), 'creditline-npm-'))
  const child = npmStart(name, [], { ...embedded, DATA_DIR: join(directory, 'data'), TMPDIR: directory, PORT: '0' })
  const { pid } = child
  if (pid === undefined) throw new Error('npm did not start')
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (text) => {
    stdout += text
  })
  child.stderr?.on('data', (text) => {
    stderr += text
  })
  // All that hold the pipes have ended then: npm, its shell and the desk.
  const ended = new Promise((resolve) => child.on('close', resolve))
  onTestFinished(async () => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // All of the group have ended.
    }
    await rm(directory, { recursive: true, force: true })
  })
  const printed = (pattern: RegExp) => expect.poll(() => stdout, { timeout: 60_000 }).toMatch(pattern)
  return { pid, ended, printed, log: () => stderr }
}
