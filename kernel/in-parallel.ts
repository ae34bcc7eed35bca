// Work on many items, with a limit on the calls in flight.

/**
 * Calls `work` for each item, in order, with at most `limit` calls in flight. The first failure ends it: no further
 * item is begun, and the failure is thrown.
 */
export async function inParallel<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const remaining = items.values()
  let failed = false
  const worker = async () => {
    for (const item of remaining) {
      if (failed) return
      try {
        await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
}
