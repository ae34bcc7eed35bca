// The same as in the fast tests, at length, with a desk in a process of its own, which must not end.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rounds } from '../kernel/rounds.given.ts'
import { type DeskProcess, startDeskProcess } from './desk-process.ts'
import { testGeneratedRequests } from './generated-requests.ts'

let directory: string
let desk: DeskProcess

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'creditline-generated-'))
  desk = await startDeskProcess(directory)
})

afterAll(async () => {
  await desk.end('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

testGeneratedRequests(() => desk.url, rounds(300))

test('the process of the desk lives after all that, and ends as it should', async () => {
  expect((await fetch(`${desk.url}/health/ready`)).status).toBe(200)
  expect(await desk.end('SIGTERM')).toBe(0)
})
