import { expect, test } from 'vitest'
import { folded, wordsOf } from './words.ts'

test('words are folded, with every separator between them', () => {
  expect(wordsOf("  Müller & Söhne—GmbH (O'Brien), Tools-24 ")).toEqual([
    'muller',
    'sohne',
    'gmbh',
    'o',
    'brien',
    'tools',
    '24',
  ])
})

test('a word that comes twice is one word', () => {
  expect(wordsOf('Tools, more TOOLS, móre')).toEqual(['tools', 'more'])
})

test('a text of signs has no words', () => {
  expect(wordsOf(' -- % ')).toEqual([])
})

test.each([
  ['muller', ['Müller', 'MÜLLER', 'Mu\u0308ller', 'ｍüller']],
  ['strasse', ['Straße', 'STRASSE', 'STRAẞE', 'strasse']],
  ['cafe', ['Cafe\u0301', 'CAF\u00c9', 'café']],
  ['istanbul', ['İstanbul', 'ISTANBUL', 'ıstanbul']],
  ['οδοσ', ['ΟΔΟΣ', 'οδος', 'οδοσ', 'Οδός']],
  ['office', ['oﬀice', 'OFFICE']],
  ['tel', ['℡', 'Tel']],
])('%s is also written %j', (word, writings) => {
  expect(writings.map(folded)).toEqual(writings.map(() => word))
})

test('a folded character stays as it is when it is folded again', () => {
  // Up to here are all alphabets with capitals but those of the supplementary planes.
  for (let point = 0; point < 0x3000; point++) {
    const once = folded(String.fromCodePoint(point))
    expect(folded(once), point.toString(16)).toBe(once)
  }
})
