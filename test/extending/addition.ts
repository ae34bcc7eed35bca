// An addition to the shop, such as a new view: the files of docs/extending.md with their changes, and a test of the new thing.

export interface Addition {
  /** The heading in docs/extending.md. */
  heading: string
  /** By the path of a file that exists: its changes, in their order. */
  changed: Readonly<Record<string, readonly Change[]>>
  /** By the path of a new file: its text. */
  created: Readonly<Record<string, string>>
  /** The text of a test file in test/added/. */
  test: string
}

/** The text that is looked for, which must be there once, and the text in its place. */
export type Change = readonly [from: string | RegExp, to: string]

/** Inserts text behind an anchor. */
export function after(anchor: string, text: string): Change {
  return [anchor, anchor + text]
}

/** Inserts text in front of an anchor. */
export function before(anchor: string, text: string): Change {
  return [anchor, text + anchor]
}

/** Adds text at the end of a file. */
export function atTheEnd(text: string): Change {
  return [/$/, text]
}

/**
 * The text of a file after its changes.
 * @throws Error when a change does not find its place, or finds several
 */
export function changedText(path: string, text: string, changes: readonly Change[]): string {
  return changes.reduce((now, [from, to]) => {
    const places =
      typeof from === 'string' ? now.split(from).length - 1 : [...now.matchAll(new RegExp(from, 'g'))].length
    if (places !== 1) {
      throw new Error(`${path} has ${places} places for a change in test/extending/. It must have one: ${from}`)
    }
    return now.replace(from, () => to)
  }, text)
}
