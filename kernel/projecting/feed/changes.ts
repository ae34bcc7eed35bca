// Wakes a subscriber of documents. It only keeps whether something has changed, for a subscriber of any speed.

export interface Changes {
  /**
   * Waits for a change since the last call: true after a change, false when no more will come. Only one caller at a
   * time.
   */
  next(): Promise<boolean>
  /** Also ends a `next` that is waiting. */
  close(): void
}

/** A flag for one subscriber, not set yet. */
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
