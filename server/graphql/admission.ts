// Counts the operations in execution, bounds their number, and waits for the last one at a stop.
import { GraphQLError } from 'graphql'

/** Counts the operations that are being executed, so that they can be bounded, and waited for. */
export interface Admission {
  /** Counts one in; or says why not, and then `leave` must not be called. */
  enter(): GraphQLError | undefined
  leave(): void
  /** Lets nobody in any more. @returns a promise that settles when the last one has left */
  stop(): Promise<void>
}

/** @param most how many operations are executed at a time; more are refused with OVERLOADED, and with STOPPING after `stop` */
export function admission(most: number): Admission {
  let count = 0
  let emptied: (() => void) | undefined
  return {
    enter() {
      if (emptied !== undefined) return refusal('STOPPING', 'The desk is stopping. Retry in a moment.')
      if (count >= most) return refusal('OVERLOADED', 'The desk is overloaded. Retry in a moment.')
      count++
      return undefined
    },
    leave() {
      count--
      if (count === 0) emptied?.()
    },
    stop() {
      return new Promise((resolve) => {
        emptied = resolve
        if (count === 0) resolve()
      })
    },
  }
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}
