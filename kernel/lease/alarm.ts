// A pause that somebody may cut short.

export interface Alarm {
  /** Ends the pause that is under way, or the next one at once. */
  ring(): void
  pause(ms: number): Promise<void>
}

/** An alarm that nobody waits for yet; one that rings then is heard by the next pause. */
export function alarm(): Alarm {
  let isRung = false
  let wake = () => {}

  return {
    ring() {
      isRung = true
      wake()
    },

    async pause(ms) {
      if (!isRung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(0, ms))
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      wake = () => {}
      isRung = false
    },
  }
}
