// Backup and restore by the command line, beside a desk that runs, was killed, or is stopped.
import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from './client.ts'
import { type DeskProcess, startDeskProcess } from './desk-process.ts'
import { accepted } from './mutate.ts'
import { embedded } from './place.ts'
import { untilReady } from './readiness.ts'

test('a backup of a running desk is restored, the former log is kept, and the views follow', async () => {
  const { at, backup } = await place()
  const desk = await started(at)
  await register(desk, 'cus_before')
  expect(await creditline(at, 'backup', backup)).toMatchObject({ code: 0, stdout: expect.stringContaining(backup) })
  expect(await creditline(at, 'backup', backup)).toMatchObject({ code: 1, stderr: expect.stringContaining('already') })
  await register(desk, 'cus_after')

  const refused = await creditline(at, 'restore', backup)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('in use by another desk') })
  expect(await customers(desk)).toEqual(['cus_after', 'cus_before'])
  await desk.end('SIGKILL')

  const { code, stdout } = await creditline(at, 'restore', backup)
  expect(code).toBe(0)
  const aside = /The former log is now (\S+)\.$/m.exec(stdout)?.[1] ?? ''
  expect(existsSync(aside)).toBe(true)
  expect(existsSync(join(at, 'views.db'))).toBe(false)
  const restored = await started(at)
  expect(await customers(restored)).toEqual(['cus_before'])
  expect(await restored.end('SIGTERM')).toBe(0)

  expect(await creditline(at, 'restore', aside)).toMatchObject({ code: 0 })
  const former = await started(at)
  expect(await customers(former)).toEqual(['cus_after', 'cus_before'])
})

test('a file that is no log is not restored, and the log stays as it is', async () => {
  const { at } = await place()
  const desk = await started(at)
  await register(desk, 'cus_1')
  await desk.end('SIGTERM')
  const before = readdirSync(at).sort()
  for (const file of ['views.db', 'missing.db']) {
    const { code, stderr } = await creditline(at, 'restore', join(at, file))
    expect([code, stderr]).toEqual([1, expect.stringContaining(file)])
  }
  expect(readdirSync(at).sort()).toEqual(before)
})

test.each(['backup', 'restore'])('%s with EVENTSTORE_URL says what to use instead', async (command) => {
  const { at, backup } = await place()
  const { code, stderr } = await creditline(at, command, backup, { EVENTSTORE_URL: 'esdb://127.0.0.1:9?tls=false' })
  expect([code, stderr]).toEqual([2, expect.stringMatching(/EVENTSTORE_URL is set: .* the means of EventStoreDB/)])
  expect(await creditline(at, command, '--help')).toMatchObject({ code: 0 })
})

async function place() {
  const parent = await mkdtemp(join(tmpdir(), 'creditline-backup-'))
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  return { at: join(parent, 'data'), backup: join(parent, "backup of 'today'.db") }
}

async function started(dataDirectory: string): Promise<DeskProcess> {
  const desk = await startDeskProcess(dataDirectory, embedded)
  onTestFinished(async () => void (await desk.end('SIGKILL')))
  await untilReady(desk.url)
  return desk
}

function register({ url }: DeskProcess, customerId: string): Promise<unknown> {
  return accepted(url, 'registerCustomer', { customerId, name: 'Ada', creditLimit: '1.00' })
}

async function customers({ url }: DeskProcess): Promise<string[]> {
  const { customers } = await ask<{ customers: { nodes: { id: string }[] } }>(url, '{ customers { nodes { id } } }')
  return customers.nodes.map(({ id }) => id).sort()
}

function creditline(dataDirectory: string, command: string, file: string, env: Record<string, string> = {}) {
  const options = { env: { ...process.env, ...embedded, DATA_DIR: dataDirectory, ...env } }
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, ['server/creditline.mjs', command, file], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}
