// kernel/ and the programs of its README compile alone: copied beside package.json and tsconfig.json, with the packages linked.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

test('the kernel compiles without the shop', () => {
  const directory = mkdtempSync(join(tmpdir(), 'creditline-kernel-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const path of ['kernel', 'package.json', 'tsconfig.json']) {
    cpSync(path, join(directory, path), { recursive: true })
  }
  mkdirSync(join(directory, 'readme'))
  const programs = [...readFileSync('kernel/README.md', 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)]
  expect(programs.length).toBeGreaterThan(0)
  for (const [at, [, program]] of programs.entries()) {
    writeFileSync(join(directory, 'readme', `program-${at + 1}.ts`), program ?? '')
  }
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'), 'junction')
  const compiler = resolve('node_modules/typescript/bin/tsc')
  // Its notes for the next run stay out of the linked packages.
  const options = ['--noEmit', '--tsBuildInfoFile', join(directory, 'tsbuildinfo')]
  const { status, stdout } = spawnSync(process.execPath, [compiler, ...options], { cwd: directory, encoding: 'utf8' })
  expect([status, stdout]).toEqual([0, ''])
})
