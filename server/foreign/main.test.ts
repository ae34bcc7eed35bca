import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openSqliteEventStore } from '../../events/open-log.ts'
import { openDatabase } from '../../kernel/sqlite/database.ts'

const elsewhere = { EVENTSTORE_URL: '', MONGODB_URL: '', NATS_URL: '' }
let dataDirectory: string

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'creditline-foreign-'))
  return () => rm(dataDirectory, { recursive: true })
})

describe('creditline foreign list', () => {
  test('says that there is no log where there is none', async () => {
    expect(await foreign(['list'], { DATA_DIR: dataDirectory })).toEqual({
      code: 1,
      stdout: '',
      stderr: `There is no log in ${dataDirectory}.\n`,
    })
  })

  test('lists each foreign event with its stream and position, while a desk has the log open', async () => {
    const file = join(dataDirectory, 'events.db')
    const store = await openSqliteEventStore({ file })
    onTestFinished(() => store.close())
    const others = await openDatabase(file, { synchronous: 'NORMAL' })
    others.exec(`
      INSERT INTO streams (sid, name, category) VALUES (1, 'somethingElse', 'somethingElse'), (2, 'order-ord_1', 'order');
      INSERT INTO events VALUES (1, 1, 0, 'a', 'Note', 0, '{}', '{}'), (2, 2, 0, 'b', 'Odd' || char(27), 0, '', '{}')`)
    others.close()
    const { code, stdout, stderr } = await foreign(['list'], { DATA_DIR: dataDirectory })
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toEqual([
      expect.stringMatching(/^ +1 {2}somethingElse, event 1, Note: the stream has the name of none/),
      expect.stringMatching(/^ +2 {2}order-ord_1, event 1, "Odd\\u001b": it has no metadata of a desk$/),
      '2 foreign events.',
      '',
    ])
    const json = await foreign(['list', '--json'], { DATA_DIR: dataDirectory })
    expect(JSON.parse(json.stdout.split('\n')[0] ?? '')).toMatchObject({ stream: 'somethingElse', position: 1 })
  })

  test.each([
    [[], 'Say list'],
    [['retry'], 'Say list'],
    [['list', 'ord_1'], 'remove ord_1'],
  ])('refuses other arguments: %j', async (args, sentence) => {
    const { code, stderr } = await foreign(args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(sentence)])
  })
})

function foreign(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    const options = { env: { ...process.env, ...elsewhere, ...env } }
    execFile(process.execPath, ['server/creditline.mjs', 'foreign', ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    )
  })
}
