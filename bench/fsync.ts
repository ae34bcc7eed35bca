// The time that the disk takes to make one small write durable.
import { fdatasyncSync, openSync, writeSync } from 'node:fs'

const WRITES = 500

/** The median cost of a write of 450 bytes with its fdatasync, in seconds. */
export async function fsyncCost(file: string): Promise<number> {
  const descriptor = openSync(file, 'w')
  const record = Buffer.alloc(450, 'x')
  const costs = Array.from({ length: WRITES }, () => {
    const start = performance.now()
    writeSync(descriptor, record)
    fdatasyncSync(descriptor)
    return (performance.now() - start) / 1000
  }).sort((a, b) => a - b)
  return costs[WRITES / 2] as number
}
