// The rule of plain words: which sentences break it, and where it looks for them.
import { describe, expect, test } from 'vitest'
import { breaches } from './plain.ts'

describe('a comment breaks the rule', () => {
  test.each([
    ['when it begins with What', 'What is missing stays missing.'],
    ['when it begins with Who', 'Who has lost its lease stands by.'],
    ['when it begins with Whose', 'Whose lease has ended stands by.'],
    ['when it begins with So many', 'So many appends are in flight.'],
    ['when it says that somebody is informed', 'The reader is told by its name.'],
    ['when it lets something do something', 'The runner has it tried again.'],
    ['when it names nobody in particular', 'The error goes to whoever asks.'],
  ])('%s', (_, sentence) => {
    expect(breaches('a.ts', `const a = 1\n// A first sentence. ${sentence}\n`)).toEqual([{ line: 2, sentence }])
  })
})

test('a question may begin with What', () => {
  expect(breaches('a.md', 'What is a stream?')).toEqual([])
})

test('code between backticks and in blocks is not read', () => {
  expect(breaches('a.md', '`What is` good.\n\n```\nWhat is this.\n```\n')).toEqual([])
})

test('strings and code of TypeScript are not read', () => {
  expect(breaches('a.ts', `const What = 'What is this.'\nexport { What }`)).toEqual([])
})

test('a sentence over several lines is found at its first line', () => {
  const source = '/**\n * The first.\n * The second. What the\n * third is.\n */\nexport const a = 1'
  expect(breaches('a.ts', source)).toEqual([{ line: 3, sentence: 'What the third is.' }])
})

test('titles of tests, tagged lines of docstrings, list items and table cells are read', () => {
  const code = "test.each([1])('What is one', () => {})\n/** Good.\n * @throws What is bad.\n */\nconst a = 1"
  expect(breaches('a.ts', code).map(({ line }) => line)).toEqual([1, 3])
  expect(breaches('a.md', '- What is one.\n\n| a | What is two. |').map(({ line }) => line)).toEqual([1, 3])
})
