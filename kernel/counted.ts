// A count with its noun, for messages: `1 event`, `2 events`, `1 reply`, `2 replies`.

/** @param many the plural, unless it is the noun with an s */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
