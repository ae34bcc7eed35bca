import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'

const version = `${process.execPath} server/creditline.mjs --version`

test.skipIf(process.platform === 'win32').each([32, 64, 127])(
  'a process that may have %i files open ends with one sentence and exit code 1',
  async (limit) => {
    const { code, stdout, stderr } = await shell(`ulimit -n ${limit}; exec ${version}`)
    expect(stderr).toBe(
      `This process may have ${limit} files open, but needs 128 or more, and one for each connection: raise the limit (ulimit -n).\n`,
    )
    expect([code, stdout]).toEqual([1, ''])
  },
)

test.skipIf(process.platform === 'win32')('a process that may have 128 files open runs', async () => {
  expect(await shell(`ulimit -n 128; exec ${version}`)).toMatchObject({ code: 0, stderr: '' })
})

function shell(command: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('sh', ['-c', command], (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    )
  })
}
