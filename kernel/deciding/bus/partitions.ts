// Which command handler decides for a stream: streams are dealt into partitions, and each partition is one handler's at a time.

export const PARTITIONS = 64

/**
 * The partition of a stream, from 0 to `PARTITIONS - 1`. Every process has to come to the same: it is the FNV-1a hash of the name.
 */
export function partitionOf(stream: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < stream.length; index++) {
    hash = Math.imul(hash ^ stream.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % PARTITIONS
}

/** Where the commands of a partition are asked to be decided. */
export function subjectOf(namespace: string, partition: number): string {
  return `${namespace}.command.${partition}`
}
