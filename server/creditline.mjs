#!/usr/bin/env node
// `creditline parked …` and `creditline import …`: the programs that speak to a running desk.
import './typescript.mjs'

const programs = ['parked', 'import']
const usage = `Usage: creditline parked list | retry ID | discard ID [options]
   or: creditline import FILE.csv [options]

Both speak to a running desk, and tell their options with --help. The desk itself is started with npm start.`
const [, , program, ...args] = process.argv

if (programs.includes(program)) {
  process.argv = [...process.argv.slice(0, 2), ...args]
  await import(`./${program}/main.ts`)
} else if (program === '--help') {
  console.log(usage)
} else {
  console.error(usage)
  process.exitCode = 2
}
