import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { smallFile } from '../../test/wholesale-file.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-import-'))
  await writeFile(join(directory, 'small.csv'), smallFile())
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test('without a desk at the address the import says so and ends with 1', async () => {
  const url = `http://127.0.0.1:${await unusedPort()}/graphql`
  const { code, stdout, stderr } = await run([join(directory, 'small.csv'), '--url', url, '--json'])
  expect(stderr).toBe(`No desk answers at ${url}: ECONNREFUSED. Start the desk, or correct --url.\n`)
  expect([code, stdout]).toEqual([1, ''])
})

test('a wrong argument and a missing file are named, and the import ends with 2', async () => {
  const [argument, file] = await Promise.all([run(['small.csv', '--stock', '-1']), run([join(directory, 'none.csv')])])
  expect(argument.stderr).toMatch(/^--stock must be a whole number from 0 to 2147483647; it is "-1"\.\n/)
  expect(file.stderr).toContain(`There is no file ${join(directory, 'none.csv')}.`)
  expect([argument.code, file.code]).toEqual([2, 2])
})

async function run(args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--import', './server/typescript.mjs', 'server/import/main.ts', ...args])
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, stdout, stderr }
}

async function unusedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
