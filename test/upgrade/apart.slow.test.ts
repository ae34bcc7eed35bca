// A rolling upgrade: the gateway of an earlier release works with the command handlers of this one, and the reverse.
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { isLong } from '../../kernel/rounds.given.ts'
import { startDeskProcess } from '../desk-process.ts'
import { startNats, withoutNats } from '../servers.ts'
import { isSettled, laterCommands, opening, orders, play } from './story.ts'

const RELEASE = '99016b3'
const HERE = process.cwd()

const skipped = isLong ? withoutNats || withoutRelease() : ' (skipped: npm run test:long runs it)'

test.skipIf(skipped !== '').each(['gateway', 'command'])(
  `the ${'%s'} of release ${RELEASE} works with the other parts of this release${skipped}`,
  { timeout: 300_000 },
  async (role) => {
    const former = await checkoutOf(RELEASE)
    const data = await directory()
    const nats = await startNats()
    onTestFinished(() => nats.kill())
    const start = async (roles: string) => {
      const of = roles === role ? former : HERE
      const args = ['--import', join(of, 'server/typescript.mjs'), join(of, 'server/main.ts')]
      const desk = await startDeskProcess(data, { ROLES: roles, NATS_URL: nats.url }, args)
      onTestFinished(async () => void (await desk.end('SIGTERM')))
      return desk
    }
    const [gateway] = await Promise.all([start('gateway'), start('command'), start('saga,projector')])

    await play(gateway.url, opening)
    await play(gateway.url, orders('apart'))
    await expect.poll(() => isSettled(gateway.url)).toBe(true)
    await play(gateway.url, laterCommands('apart'))
    await expect.poll(() => isSettled(gateway.url)).toBe(true)
  },
)

/** The text behind the name of the test where the history of the repository lacks the release. */
function withoutRelease(): string {
  try {
    execFileSync('git', ['cat-file', '-e', `${RELEASE}^{commit}`], { stdio: 'ignore' })
    return ''
  } catch {
    return ` (skipped: the repository has no commit ${RELEASE})`
  }
}

async function checkoutOf(release: string): Promise<string> {
  const checkout = join(await directory(), 'checkout')
  execFileSync('git', ['worktree', 'add', '--detach', checkout, release], { stdio: 'ignore' })
  onTestFinished(() => void execFileSync('git', ['worktree', 'remove', '--force', checkout], { stdio: 'ignore' }))
  await symlink(resolve('node_modules'), join(checkout, 'node_modules'))
  return checkout
}

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-apart-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
