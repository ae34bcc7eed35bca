// Assigns each stream to a partition. One command handler at a time holds a partition and decides for its streams.

export const PARTITIONS = 64

/**
 * The partition of a stream, from 0 to `PARTITIONS - 1`. Every process must get the same result: it is the FNV-1a hash
 * of the name.
 */
export function partitionOf(stream: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < stream.length; index++) {
    hash = Math.imul(hash ^ stream.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % PARTITIONS
}

/** The subject on which requests for a partition are sent. */
export function subjectOf(namespace: string, partition: number): string {
  return `${namespace}.command.${partition}`
}
