// The npm scripts: text that sh and cmd.exe both understand, and to which npm can append arguments.
import { describe, expect, test } from 'vitest'
import { npmRun, scripts } from './npm-run.ts'

describe('the text of every script', () => {
  // npm appends the arguments to the end of the text, so of two commands only the second would get them. cmd.exe knows no `exec`;
  // server/process/stopping.ts deals with a shell that stays between npm and the program.
  test.each(Object.entries(scripts))('%s is one command without a character that a shell interprets', (_, script) => {
    expect(script).toMatch(/^[\w.:/=@-]+( [\w.:/=@-]+)*$/)
    expect(script).not.toMatch(/^(exec|\w+=\S*|cross-env) /)
  })
})

describe('npm start', () => {
  test('prints the settings for --help and ends with 0', async () => {
    const { code, stdout, stderr } = await npmRun('start', '--help')
    expect(stdout).toMatch(/^Usage: npm start -- \[options\]\n/)
    expect(stdout).toMatch(/^ {2}PORT +4000 /m)
    expect(stdout).toMatch(/^ {2}DATA_DIR +\.\/data /m)
    expect([code, stderr]).toEqual([0, ''])
  })

  test('refuses an argument that it does not know, in the form in which it was typed', async () => {
    const { code, stdout, stderr } = await npmRun('start', `--no-such '$HOME' %PATH% && x`)
    expect(stderr).toContain(`- The argument "--no-such '$HOME' %PATH% && x" is not known.`)
    expect([code, stdout]).toEqual([2, ''])
  })
})
