import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('the programs for a running desk are named to whoever asks for help', async () => {
  const { stdout, stderr } = await creditline('--help')
  expect(stdout).toMatch(/^Usage: creditline parked .*\n +or: creditline import /)
  expect(stderr).toBe('')
})

test.each([[[]], [['parkd', 'list']]])('and to whoever names none: %j', async (args) => {
  await expect(creditline(...args)).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/^Usage: creditline parked /),
  })
})

function creditline(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, ['server/creditline.mjs', ...args])
}
