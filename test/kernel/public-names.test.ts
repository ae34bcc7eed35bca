// The public interface of the kernel: few names, and each is explained.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const index = readFileSync('kernel/index.ts', 'utf8')
const readme = readFileSync('kernel/README.md', 'utf8')

const names = [...index.matchAll(/^export (?:type )?\{([^}]*)\} from '\.\/(.*)'$/gm)].flatMap(([, list = '', file]) =>
  list
    .split(',')
    .map((name) => name.replace(/^\s*(type )?/, '').trim())
    .filter((name) => name !== '')
    .map((name) => ({ name, file: `kernel/${file}` })),
)

test('the public interface of the kernel has at most 28 names', () => {
  expect(names.length).toBeGreaterThan(20)
  expect(names.length).toBeLessThanOrEqual(28)
})

test.each(names)('$name has a docstring, and an example there or in the program of the README', ({ name, file }) => {
  const source = readFileSync(file, 'utf8')
  const declared = new RegExp(
    `(/\\*\\*(?:(?!\\*/).)*\\*/)\\nexport (?:async )?(?:function|interface|type|const) ${name}\\b`,
    's',
  )
  const docstring = declared.exec(source)?.[1]
  expect(docstring, `${file} documents ${name}`).toBeDefined()
  const program = /^```ts\n(.*?)^```$/ms.exec(readme)?.[1] ?? ''
  expect(docstring?.includes('@example') || new RegExp(`\\b${name}\\b`).test(program), `an example of ${name}`).toBe(
    true,
  )
  expect(readme, 'the README').toContain(`\`${name}\``)
})

test('the booking of rooms has at most 400 lines with its tests', () => {
  const lines = readdirSync('examples/booking').map(
    (file) => readFileSync(`examples/booking/${file}`, 'utf8').split('\n').length - 1,
  )
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(400)
})
