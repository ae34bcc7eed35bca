// Which name somebody meant who wrote another.

/**
 * Whether a name is evidently meant to be another: the same letters in another case or with other underscores, or a slip
 * of one letter. In a name of four letters only two swapped letters count, since SORT, POST or HOSTS belong to somebody else.
 */
export function misspells(name: string, meant: string): boolean {
  const [given, right] = [bare(name), bare(meant)]
  return given === right || swapsTwoLetters(given, right) || (right.length > 4 && differsByOneLetter(given, right))
}

function bare(name: string): string {
  return name.toUpperCase().replaceAll('_', '')
}

function swapsTwoLetters(given: string, right: string): boolean {
  const at = firstDifference(given, right)
  return given === right.slice(0, at) + (right[at + 1] ?? '') + (right[at] ?? '') + right.slice(at + 2)
}

function differsByOneLetter(given: string, right: string): boolean {
  const at = firstDifference(given, right)
  const rests = [
    [given.slice(at + 1), right.slice(at + 1)],
    [given.slice(at + 1), right.slice(at)],
    [given.slice(at), right.slice(at + 1)],
  ]
  return rests.some(([restGiven, restRight]) => restGiven === restRight)
}

function firstDifference(given: string, right: string): number {
  let at = 0
  while (at < given.length && given[at] === right[at]) at++
  return at
}
