// Tells a plan, and what came of it, in words.
import type { RecordedEvent } from '../events/catalogue.ts'
import type { Step, Topic } from './plan/plan.ts'
import { troubles } from './weather.ts'

/** A line for a step: `at 1.234 s  the projector crashes, for 0.050 s`. */
export function told(step: Step): string {
  return `at ${seconds(step.at)}  ${happening(step)}`
}

function happening(step: Step): string {
  switch (step.do) {
    case 'ask': {
      const { commandId, ...input } = step.input
      const persistence = step.tries > 1 ? ', until there is an answer' : ', once'
      const style = step.coordination === 'choreography' ? ', by choreography' : ''
      return `${step.mutation} ${JSON.stringify(input)} with the commandId "${commandId}"${style}${persistence}`
    }
    case 'subscribe': {
      const pace = step.dwells > 0 ? `, and takes up to ${seconds(step.dwells)} over each message` : ''
      return `${step.name} subscribes to ${topic(step.to)}${pace}`
    }
    case 'drop':
      return `the connection of ${step.name} breaks`
    case 'trouble':
      return `${troubles[step.trouble]}: for ${seconds(step.lasts)}, ${step.odds * 100} % of them`
    case 'poison':
      return `handlers fail at every ${step.command} for ${step.orderId}: for ${seconds(step.lasts)}`
    case 'operate':
      return `an operator ${step.mutation === 'retryParked' ? 'has everything that is parked tried again' : 'gives up everything that is parked'}`
    case 'crash':
      return `the ${step.node} crashes, for ${seconds(step.downFor)}`
    case 'restart':
      return `the ${step.node} is stopped and started again`
    case 'power cut':
      return `every process crashes, for ${seconds(step.downFor)}`
    case 'zombie':
      return `a second ${step.role === 'sagas' ? 'saga runner' : 'projector'} runs as well, for ${seconds(step.lasts)}`
    case 'clock':
      return `the clock of the log jumps by ${seconds(step.by)}`
    default:
      throw new Error(`There are no words for ${JSON.stringify(step satisfies never)}`)
  }
}

function topic(to: Topic): string {
  if ('ordersOf' in to) return `the orders of ${to.ordersOf}`
  if ('view' in to) return `the document ${to.id} of ${to.view}`
  const from = to.fromStart ? 'from the start' : 'from now on'
  return `${to.feed === 'events' ? 'all events' : `the events of orders of ${to.customerId}`}, ${from}`
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(3)} s`
}

/** A line for a recorded event. */
export function recorded(event: RecordedEvent): string {
  return `${event.position}  ${event.stream}@${event.revision}  ${event.type}  ${shortened(event)}`
}

function shortened(event: RecordedEvent): string {
  const text = JSON.stringify(event.data)
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
