// How names are searched: by the beginning of their words. Views and search texts are split the same way.

/** The distinct words of a text, in lower case and in their order: letters and digits belong to words, all else divides them. */
export function wordsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .normalize('NFKC')
        .toLowerCase()
        .match(/[\p{L}\p{M}\p{N}]+/gu),
    ),
  ]
}
