import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { DataDirectoryUnusable, openDataDirectory } from './data-directory.ts'

test('a data directory is made where it is missing', async () => {
  const path = join(await directory(), 'a', 'b')
  const opened = await openDataDirectory(path)
  opened.release()
  expect(opened).toMatchObject({ events: join(path, 'events.db'), views: join(path, 'views.db') })
})

test('a data directory that is in use is refused, and can be taken as soon as it is released', async () => {
  const path = await directory()
  for (let time = 0; time < 3; time++) {
    const opened = await openDataDirectory(path)
    const refusal = expect(openDataDirectory(path)).rejects
    await refusal.toThrow(`The data directory ${path} is in use by another desk.`)
    opened.release()
  }
})

test('a path that is no directory is refused with a sentence that names it', async () => {
  const path = join(await directory(), 'file')
  await writeFile(path, '')
  await expect(openDataDirectory(path)).rejects.toThrow(DataDirectoryUnusable)
  await expect(openDataDirectory(path)).rejects.toThrow(`The data directory ${path} cannot be used`)
})

test('a lock that is no lock is refused with a sentence', async () => {
  const path = await directory()
  await mkdir(join(path, 'lock.db'))
  await expect(openDataDirectory(path)).rejects.toThrow(DataDirectoryUnusable)
})

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'creditline-directory-'))
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  return path
}
