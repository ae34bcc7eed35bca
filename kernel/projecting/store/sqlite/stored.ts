// Stored JSON: a stored text that is not JSON was changed by another program than the desk.

/** A stored text cannot be read as it was written. */
export class NotAsStored extends Error {
  override name = 'NotAsStored'
}

/** @throws NotAsStored */
export function parseStored(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new NotAsStored('a stored text is not JSON', { cause })
  }
}
