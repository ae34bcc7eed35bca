import { expect, test } from 'vitest'
import { wordsOf } from './words.ts'

test('words are in lower case, whatever divides them', () => {
  expect(wordsOf("  Müller & Söhne—GmbH (O'Brien), Tools-24 ")).toEqual([
    'müller',
    'söhne',
    'gmbh',
    'o',
    'brien',
    'tools',
    '24',
  ])
})

test('a word that comes twice is one word', () => {
  expect(wordsOf('Tools, more TOOLS')).toEqual(['tools', 'more'])
})

test('a text of signs has no words', () => {
  expect(wordsOf(' -- % ')).toEqual([])
})

test('the same letters are the same word, whichever way they were typed', () => {
  expect(wordsOf('Cafe\u0301')).toEqual(wordsOf('CAF\u00c9'))
})
