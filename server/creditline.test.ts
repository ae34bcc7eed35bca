import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test.each(['--help', '-h', 'help'])('%s lists the commands', async (argument) => {
  const { code, stdout, stderr } = await creditline(argument)
  expect(stdout).toMatch(/^Usage: creditline COMMAND [\s\S]*\n {2}parked list [\s\S]*\n {2}import FILE\.csv /)
  expect([code, stderr]).toEqual([0, ''])
})

test.each(['--version', '-v'])('%s prints the version of the package', async (argument) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(await creditline(argument)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test.each([
  ['nothing', [], 'The name of a command is missing.'],
  ['a misspelt command', ['parkd', 'list'], 'The command "parkd" is not known. Did you mean parked?'],
  ['swapped letters', ['improt', 'a.csv'], 'The command "improt" is not known. Did you mean import?'],
  ['another case', ['Import'], 'The command "Import" is not known. Did you mean import?'],
  ['a command of npm', ['start'], 'The command "start" is not known. npm start starts a desk.'],
  ['a name that is like no other', ['toString'], 'The command "toString" is not known.'],
  ['an option of no command', ['--url'], 'The command "--url" is not known.'],
])('%s is refused with a sentence, and the commands are listed', async (_, args, sentence) => {
  const { code, stdout, stderr } = await creditline(...args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr.split('\n')[0]).toBe(sentence)
  expect(stderr).toContain('\n  parked list ')
})

test.each([
  ['import', '--help'],
  ['import', '-h'],
  ['parked', '--help'],
  ['parked', '-h'],
])('creditline %s %s prints the usage of this command', async (command, help) => {
  const { code, stdout, stderr } = await creditline(command, help)
  expect(stdout).toMatch(new RegExp(`^Usage: creditline ${command} .*\n +or: npm run ${command} -- `))
  expect([code, stderr]).toEqual([0, ''])
})

test.each(['import', 'parked'])('creditline %s without arguments names its own help', async (command) => {
  const { code, stdout, stderr } = await creditline(command)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(`creditline ${command} `)
})

function creditline(...args: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['server/creditline.mjs', ...args], (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    )
  })
}
