// A pause that another caller may cut short.

export interface Alarm {
  /** Ends the present pause, or the next one at once. */
  ring(): void
  pause(ms: number): Promise<void>
}

/** An alarm without a pause yet. If it rings then, the next pause ends at once. */
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
