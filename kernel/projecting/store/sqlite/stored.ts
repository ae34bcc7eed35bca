// JSON as it was stored: text that is no JSON was changed by something else than the desk.

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
