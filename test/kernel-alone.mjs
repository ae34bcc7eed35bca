// Compiles kernel/ and the programs of its README alone: copied beside package.json and tsconfig.json, with the packages linked. `npm run check:architecture` runs it.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const directory = mkdtempSync(join(tmpdir(), 'kernel-alone-'))
try {
  for (const path of ['kernel', 'package.json', 'tsconfig.json']) {
    cpSync(path, join(directory, path), { recursive: true })
  }
  mkdirSync(join(directory, 'readme'))
  for (const [at, [, program]] of [
    ...readFileSync('kernel/README.md', 'utf8').matchAll(/^```ts\n(.*?)^```$/gms),
  ].entries()) {
    writeFileSync(join(directory, 'readme', `program-${at + 1}.ts`), program)
  }
  symlinkSync(resolve('node_modules'), join(directory, 'node_modules'), 'junction')
  const tsc = resolve('node_modules/typescript/bin/tsc')
  // Its notes for the next run stay out of the linked packages.
  const options = ['--noEmit', '--tsBuildInfoFile', join(directory, 'tsbuildinfo')]
  const { status } = spawnSync(process.execPath, [tsc, ...options], { cwd: directory, stdio: 'inherit' })
  if (status !== 0) console.error('kernel/ does not compile alone.')
  process.exitCode = status ?? 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
