// Wakes a subscriber of documents: it keeps nothing but whether something has changed, however slow the subscriber is.

export interface Changes {
  /** Waits for a change since the last call: true when there was one, false when there will be none any more. For one caller at a time. */
  next(): Promise<boolean>
  /** Also ends a `next` that is waiting. */
  close(): void
}

/** A flag for one subscriber, which is not dirty yet. */
export function dirtyFlag() {
  let dirty = false
  let ended = false
  let wake = () => {}
  return {
    push(): boolean {
      dirty = true
      wake()
      return true
    },
    /** One flag holds any number of changes. */
    overflow(): void {},
    end(): void {
      ended = true
      wake()
    },
    async next(): Promise<boolean> {
      if (!dirty && !ended) await new Promise<void>((resolve) => (wake = resolve))
      dirty = false
      return !ended
    },
  }
}
