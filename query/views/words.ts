// How names are searched: by the beginning of their words. Views and search texts are folded and split the same way.

/**
 * A text without the differences that a search ignores: upper and lower case, accents, and compatibility forms. `Müller` and `MULLER`
 * are both `muller`, `Straße` and `STRASSE` both `strasse`.
 */
export function folded(text: string): string {
  return (
    text
      // Compatibility forms may hide capitals: ℡ is TEL.
      .normalize('NFKD')
      // Upper case makes ss of ß, but leaves the capital ẞ alone, which has to be lower case first.
      .toLowerCase()
      .toUpperCase()
      .toLowerCase()
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      // Lower case depends on the place in the word here, and the beginning of a word ends anywhere.
      .replaceAll('ς', 'σ')
  )
}

/** The distinct words of a text, folded and in their order: letters and digits belong to words, everything else divides them. */
export function wordsOf(text: string): string[] {
  return [...new Set(folded(text).match(/[\p{L}\p{N}]+/gu))]
}
