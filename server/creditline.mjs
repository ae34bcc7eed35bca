#!/usr/bin/env node
// `creditline parked …` and `creditline import …`: the programs that speak to a running desk.
import { register } from 'tsx/esm/api'

const programs = ['parked', 'import']
const [, , program, ...args] = process.argv

if (programs.includes(program)) {
  process.argv = [...process.argv.slice(0, 2), ...args]
  register()
  await import(`./${program}/main.ts`)
} else {
  console.error(`Usage: creditline ${programs.join(' | ')} [--help]`)
  process.exitCode = 2
}
