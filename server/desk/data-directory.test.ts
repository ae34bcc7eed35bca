import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DataDirectoryUnusable, openDataDirectory } from './data-directory.ts'

test('a data directory is made where it is missing', async () => {
  const path = join(await directory(), 'a', 'b')
  const opened = await openDataDirectory(path, 'alone')
  opened.release()
  expect(opened).toMatchObject({ events: join(path, 'events.db'), views: join(path, 'views.db') })
})

test('a data directory that is in use is refused, and can be taken as soon as it is released', async () => {
  const path = await directory()
  for (let time = 0; time < 3; time++) {
    const opened = await openDataDirectory(path, 'alone')
    const refusal = expect(openDataDirectory(path, 'alone')).rejects
    await refusal.toThrow(`The data directory ${path} is in use by another desk. Stop that desk, or set DATA_DIR`)
    opened.release()
  }
})

test('processes that take parts of one desk share it, but not with a desk that runs alone', async () => {
  const path = await directory()
  const parts = [await openDataDirectory(path, 'shared'), await openDataDirectory(path, 'shared')]
  const refusal = expect(openDataDirectory(path, 'alone')).rejects
  await refusal.toThrow(DataDirectoryUnusable)
  await refusal.toThrow('is in use by another desk. Its processes share it over NATS. Set the same NATS_URL')
  for (const part of parts) part.release()
  const alone = await openDataDirectory(path, 'alone')
  await expect(openDataDirectory(path, 'shared')).rejects.toThrow('That desk runs without NATS_URL')
  alone.release()
})

test('a path that is no directory is refused with a sentence that names it', async () => {
  const path = join(await directory(), 'file')
  await writeFile(path, '')
  await expect(openDataDirectory(path, 'alone')).rejects.toThrow(DataDirectoryUnusable)
  await expect(openDataDirectory(path, 'alone')).rejects.toThrow(
    `The data directory ${path} cannot be used: it is a file. Set DATA_DIR to a directory that can be written.`,
  )
  await expect(openDataDirectory(join(path, 'data'), 'alone')).rejects.toThrow(DataDirectoryUnusable)
})

test.skipIf(process.getuid?.() === 0)(
  'a directory that cannot be written is refused with a sentence that says so',
  async () => {
    const path = await directory()
    await chmod(path, 0o555)
    await expect(openDataDirectory(path, 'alone')).rejects.toThrow(
      `The data directory ${path} cannot be used: it cannot be written (EACCES). Set DATA_DIR to a directory that can be written.`,
    )
  },
)

test.runIf(process.platform === 'linux')(
  'a path where nothing can be made is refused, and not waited for',
  async () => {
    await expect(openDataDirectory('/proc/desk/data', 'alone')).rejects.toThrow(
      'The data directory /proc/desk/data cannot be used: /proc/desk cannot be created. Set DATA_DIR to a directory',
    )
  },
)

test('a lock that is no lock is refused with a sentence', async () => {
  const path = await directory()
  await mkdir(join(path, 'desk.lock'))
  await expect(openDataDirectory(path, 'alone')).rejects.toThrow(DataDirectoryUnusable)
})

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-directory-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
